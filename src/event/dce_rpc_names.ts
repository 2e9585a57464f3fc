import type { BatchBuilder } from './batch_builder.ts'

/**
 * The DCE-RPC interfaces and operations that models and analysts name: interface UUID and operation number, which is
 * what stands in the packets, against the endpoint and operation names that Zeek writes.
 *
 * A line with a UUID begins an interface: UUID, Zeek's endpoint name, `= ` another name in use, `# ` the protocol
 * document. The indented lines below it name its operations in the order of their numbers, from 0; `@n` sets the number
 * of the next one. Where Zeek's own table cannot be right (MS-EFSR and MS-EVEN6 operations numbered as if decimal were
 * hexadecimal, WMI's DeleteInstance called DeleteClass), the protocol document wins.
 */
const TABLE = `
367abb81-9844-35f1-ad32-98f038001003 svcctl # MS-SCMR
  CloseServiceHandle ControlService DeleteService LockServiceDatabase QueryServiceObjectSecurity
  SetServiceObjectSecurity QueryServiceStatus SetServiceStatus UnlockServiceDatabase NotifyBootConfigStatus
  ScSetServiceBitsW ChangeServiceConfigW CreateServiceW EnumDependentServicesW EnumServicesStatusW OpenSCManagerW
  OpenServiceW QueryServiceConfigW QueryServiceLockStatusW StartServiceW GetServiceDisplayNameW GetServiceKeyNameW
  ScSetServiceBitsA ChangeServiceConfigA CreateServiceA EnumDependentServicesA EnumServicesStatusA OpenSCManagerA
  OpenServiceA QueryServiceConfigA QueryServiceLockStatusA StartServiceA GetServiceDisplayNameA GetServiceKeyNameA
  ScGetCurrentGroupStateW EnumServiceGroupW ChangeServiceConfig2A ChangeServiceConfig2W QueryServiceConfig2A
  QueryServiceConfig2W QueryServiceStatusEx EnumServicesStatusExA EnumServicesStatusExW ScSendTSMessage
  CreateServiceWOW64A CreateServiceWOW64W ScQueryServiceTagInfo NotifyServiceStatusChange GetNotifyResult
  CloseNotifyHandle ControlServiceExA ControlServiceExW ScSendPnPMessage ScValidatePnPService ScOpenServiceStatusHandle
  @56 QueryServiceConfigEx @60 CreateWowService @64 OpenSCManager2
338cd001-2244-31f1-aaaa-900038001003 winreg # MS-RRP
  OpenClassesRoot OpenCurrentUser OpenLocalMachine OpenPerformanceData OpenUsers BaseRegCloseKey BaseRegCreateKey
  BaseRegDeleteKey BaseRegDeleteValue BaseRegEnumKey BaseRegEnumValue BaseRegFlushKey BaseRegGetKeySecurity
  BaseRegLoadKey BaseRegNotifyChangeKeyValue BaseRegOpenKey BaseRegQueryInfoKey BaseRegQueryValue BaseRegReplaceKey
  BaseRegRestoreKey BaseRegSaveKey BaseRegSetKeySecurity BaseRegSetValue BaseRegUnLoadKey BaseInitiateSystemShutdown
  BaseAbortSystemShutdown BaseRegGetVersion OpenCurrentConfig OpenDynData BaseRegQueryMultipleValues
  BaseInitiateSystemShutdownEx BaseRegSaveKeyEx OpenPerformanceText OpenPerformanceNlsText BaseRegQueryMultipleValues2
  BaseRegDeleteKeyEx
4b324fc8-1670-01d3-1278-5a47bf6ee188 srvsvc # MS-SRVS
  NetrCharDevEnum NetrCharDevGetInfo NetrCharDevControl NetrCharDevQEnum NetrCharDevQGetInfo NetrCharDevQSetInfo
  NetrCharDevQPurge NetrCharDevQPurgeSelf NetrConnectionEnum NetrFileEnum NetrFileGetInfo NetrFileClose NetrSessionEnum
  NetrSessionDel NetrShareAdd NetrShareEnum NetrShareGetInfo NetrShareSetInfo NetrShareDel NetrShareDelSticky
  NetrShareCheck NetrServerGetInfo NetrServerSetInfo NetrServerDiskEnum NetrServerStatisticsGet NetrServerTransportAdd
  NetrServerTransportEnum NetrServerTransportDel NetrRemoteTOD NetrServerSetServiceBits NetprPathType
  NetprPathCanonicalize NetprPathCompare NetprNameValidate NetprNameCanonicalize NetprNameCompare NetrShareEnumSticky
  NetrShareDelStart NetrShareDelCommit NetrpGetFileSecurity NetrpSetFileSecurity NetrServerTransportAddEx
  NetrServerSetServiceBitsEx NetrDfsGetVersion NetrDfsCreateLocalPartition NetrDfsDeleteLocalPartition
  NetrDfsSetLocalVolumeState NetrDfsSetServerInfo NetrDfsCreateExitPoint NetrDfsDeleteExitPoint NetrDfsModifyPrefix
  NetrDfsFixLocalVolume NetrDfsManagerReportSiteInfo NetrServerTransportDelEx @55 NetrServerAliasEnum
  NetrServerAliasDel NetrShareDelEx
6bffd098-a112-3610-9833-46c3f87e345a wkssvc # MS-WKST
  NetrWkstaGetInfo NetrWkstaSetInfo NetrWkstaUserEnum NetrWkstaUserGetInfo NetrWkstaUserSetInfo NetrWkstaTransportEnum
  NetrWkstaTransportAdd NetrWkstaTransportDel NetrUseAdd NetrUseGetInfo NetrUseDel NetrUseEnum NetrMessageBufferSend
  NetrWorkstationStatisticsGet NetrLogonDomainNameAdd NetrLogonDomainNameDel NetrJoinDomain NetrUnjoinDomain
  NetrValidateName NetrRenameMachineInDomain NetrGetJoinInformation NetrGetJoinableOUs NetrJoinDomain2
  NetrUnjoinDomain2 NetrRenameMachineInDomain2 NetrValidateName2 NetrGetJoinableOUs2 NetrAddAlternateComputerName
  NetrRemoveAlternateComputerName NetrSetPrimaryComputerName NetrEnumerateComputerNames NetrWorkstationResetDfsCache
12345778-1234-abcd-ef00-0123456789ac samr # MS-SAMR
  SamrConnect SamrCloseHandle SamrSetSecurityObject SamrQuerySecurityObject SamrShutdownSamServer
  SamrLookupDomainInSamServer SamrEnumerateDomainsInSamServer SamrOpenDomain SamrQueryInformationDomain
  SamrSetInformationDomain SamrCreateGroupInDomain SamrEnumerateGroupsInDomain SamrCreateUserInDomain
  SamrEnumerateUsersInDomain SamrCreateAliasInDomain SamrEnumerateAliasesInDomain SamrGetAliasMembership
  SamrLookupNamesInDomain SamrLookupIdsInDomain SamrOpenGroup SamrQueryInformationGroup SamrSetInformationGroup
  SamrAddMemberToGroup SamrDeleteGroup SamrRemoveMemberFromGroup SamrGetMembersInGroup SamrSetMemberAttributesOfGroup
  SamrOpenAlias SamrQueryInformationAlias SamrSetInformationAlias SamrDeleteAlias SamrAddMemberToAlias
  SamrRemoveMemberFromAlias SamrGetMembersInAlias SamrOpenUser SamrDeleteUser SamrQueryInformationUser
  SamrSetInformationUser SamrChangePasswordUser SamrGetGroupsForUser SamrQueryDisplayInformation
  SamrGetDisplayEnumerationIndex SamrTestPrivateFunctionsDomain SamrTestPrivateFunctionsUser
  SamrGetUserDomainPasswordInformation SamrRemoveMemberFromForeignDomain SamrQueryInformationDomain2
  SamrQueryInformationUser2 SamrQueryDisplayInformation2 SamrGetDisplayEnumerationIndex2 SamrCreateUser2InDomain
  SamrQueryDisplayInformation3 SamrAddMultipleMembersToAlias SamrRemoveMultipleMembersFromAlias
  SamrOemChangePasswordUser2 SamrUnicodeChangePasswordUser2 SamrGetDomainPasswordInformation SamrConnect2
  SamrSetInformationUser2 SamrSetBootKeyInformation SamrGetBootKeyInformation SamrConnect3 SamrConnect4
  SamrUnicodeChangePasswordUser3 SamrConnect5 SamrRidToSid SamrSetDSRMPassword SamrValidatePassword
  SamrQueryLocalizableAccountsInDomain SamrPerformGenericOperation @73 SamrUnicodeChangePasswordUser4
12345778-1234-abcd-ef00-0123456789ab lsarpc # MS-LSAD, MS-LSAT
  LsarClose LsarDelete LsarEnumeratePrivileges LsarQuerySecurityObject LsarSetSecurityObject LsarChangePassword
  LsarOpenPolicy LsarQueryInformationPolicy LsarSetInformationPolicy LsarClearAuditLog LsarCreateAccount
  LsarEnumerateAccounts LsarCreateTrustedDomain LsarEnumerateTrustedDomains LsarLookupNames LsarLookupSids
  LsarCreateSecret LsarOpenAccount LsarEnumeratePrivilegesAccount LsarAddPrivilegesToAccount
  LsarRemovePrivilegesFromAccount LsarGetQuotasForAccount LsarSetQuotasForAccount LsarGetSystemAccessAccount
  LsarSetSystemAccessAccount LsarOpenTrustedDomain LsarQueryInfoTrustedDomain LsarSetInformationTrustedDomain
  LsarOpenSecret LsarSetSecret LsarQuerySecret LsarLookupPrivilegeValue LsarLookupPrivilegeName
  LsarLookupPrivilegeDisplayName LsarDeleteObject LsarEnumerateAccountsWithUserRight LsarEnumerateAccountRights
  LsarAddAccountRights LsarRemoveAccountRights LsarQueryTrustedDomainInfo LsarSetTrustedDomainInfo
  LsarDeleteTrustedDomain LsarStorePrivateData LsarRetrievePrivateData LsarOpenPolicy2 LsarGetUserName
  LsarQueryInformationPolicy2 LsarSetInformationPolicy2 LsarQueryTrustedDomainInfoByName LsarSetTrustedDomainInfoByName
  LsarEnumerateTrustedDomainsEx LsarCreateTrustedDomainEx LsarCloseTrustedDomainEx LsarQueryDomainInformationPolicy
  LsarSetDomainInformationPolicy LsarOpenTrustedDomainByName LsarTestCall LsarLookupSids2 LsarLookupNames2
  LsarCreateTrustedDomainEx2 CredrWrite CredrRead CredrEnumerate CredrWriteDomainCredentials CredrReadDomainCredentials
  CredrDelete CredrGetTargetInfo CredrProfileLoaded LsarLookupNames3 CredrGetSessionTypes LsarRegisterAuditEvent
  LsarGenAuditEvent LsarUnregisterAuditEvent LsarQueryForestTrustInformation LsarSetForestTrustInformation CredrRename
  LsarLookupSids3 LsarLookupNames4 LsarOpenPolicySce LsarAdtRegisterSecurityEventSource
  LsarAdtUnregisterSecurityEventSource LsarAdtReportSecurityEvent CredrFindBestCredential LsarSetAuditPolicy
  LsarQueryAuditPolicy LsarEnumerateAuditPolicy LsarEnumerateAuditCategories LsarEnumerateAuditSubCategories
  LsarLookupAuditCategoryName LsarLookupAuditSubCategoryName LsarSetAuditSecurity LsarQueryAuditSecurity
  CredReadByTokenHandle CredrRestoreCredentials CredrBackupCredentials @129 LsarCreateTrustedDomainEx3 LsarOpenPolicy3
  @133 LsarSetForestTrustInformation2
12345678-1234-abcd-ef00-01234567cffb netlogon # MS-NRPC
  NetrLogonUasLogon NetrLogonUasLogoff NetrLogonSamLogon NetrLogonSamLogoff NetrServerReqChallenge
  NetrServerAuthenticate NetrServerPasswordSet NetrDatabaseDeltas NetrDatabaseSync NetrAccountDeltas NetrAccountSync
  NetrGetDCName NetrLogonControl NetrGetAnyDCName NetrLogonControl2 NetrServerAuthenticate2 NetrDatabaseSync2
  NetrDatabaseRedo NetrLogonControl2Ex NetrEnumerateTrustedDomains DsrGetDcName NetrLogonGetCapabilities
  NetrLogonSetServiceBits NetrLogonGetTrustRid NetrLogonComputeServerDigest NetrLogonComputeClientDigest
  NetrServerAuthenticate3 DsrGetDcNameEx DsrGetSiteName NetrLogonGetDomainInfo NetrServerPasswordSet2
  NetrServerPasswordGet NetrLogonSendToSam DsrAddressToSiteNamesW DsrGetDcNameEx2 NetrLogonGetTimeServiceParentDomain
  NetrEnumerateTrustedDomainsEx DsrAddressToSiteNamesExW DsrGetDcSiteCoverageW NetrLogonSamLogonEx
  DsrEnumerateDomainTrusts DsrDeregisterDnsHostRecords NetrServerTrustPasswordsGet DsrGetForestTrustInformation
  NetrGetForestTrustInformation NetrLogonSamLogonWithFlags NetrServerGetTrustInfo @48 DsrUpdateReadOnlyServerDnsRecords
  NetrChainSetClientAttributes
e3514235-4b06-11d1-ab04-00c04fc2dcd2 drsuapi # MS-DRSR
  DRSBind DRSUnbind DRSReplicaSync DRSGetNCChanges DRSUpdateRefs DRSReplicaAdd DRSReplicaDel DRSReplicaModify
  DRSVerifyNames DRSGetMemberships DRSInterDomainMove DRSGetNT4ChangeLog DRSCrackNames DRSWriteSPN DRSRemoveDsServer
  DRSRemoveDsDomain DRSDomainControllerInfo DRSAddEntry DRSExecuteKCC DRSGetReplInfo DRSAddSidHistory
  DRSGetMemberships2 DRSReplicaVerifyObjects DRSGetObjectExistence DRSQuerySitesByCost IDL_DRSInitDemotion
  IDL_DRSReplicaDemotion IDL_DRSFinishDemotion IDL_DRSAddCloneDC IDL_DRSWriteNgcKey IDL_DRSReadNgcKey
7c44d7d4-31d5-424c-bd5e-2b3e1f323d22 dsaop # MS-DRSR
  IDL_DSAPrepareScript IDL_DSAExecuteScript
3919286a-b10c-11d0-9ba8-00c04fd92ef5 dssetup # MS-DSSP
  DsRolerGetPrimaryDomainInformation DsRolerDnsNameToFlatName DsRolerDcAsDc DsRolerDcAsReplica DsRolerDemoteDc
  DsRolerGetDcOperationProgress DsRolerGetDcOperationResults DsRolerCancel DsRolerServerSaveStateForUpgrade
  DsRolerUpgradeDownlevelServer DsRolerAbortDownlevelServerUpgrade
1ff70682-0a51-30e8-076d-740be8cee98b atsvc # MS-TSCH
  NetrJobAdd NetrJobDel NetrJobEnum NetrJobGetInfo
378e52b0-c0a9-11cf-822d-00aa0051e40f sasec # MS-TSCH
  SASetAccountInformation SASetNSAccountInformation SAGetNSAccountInformation SAGetAccountInformation
86d35949-83c9-4044-b424-db363231fd0c ITaskSchedulerService # MS-TSCH
  SchRpcHighestVersion SchRpcRegisterTask SchRpcRetrieveTask SchRpcCreateFolder SchRpcSetSecurity SchRpcGetSecurity
  SchRpcEnumFolder SchRpcEnumTasks SchRpcEnumInstances SchRpcGetInstanceInfo SchRpcStopInstance SchRpcStop SchRpcRun
  SchRpcDelete SchRpcRename SchRpcScheduledRuntimes SchRpcGetLastRunInfo SchRpcGetTaskInfo SchRpcGetNumberOfMissedRuns
  SchRpcEnableTask
e1af8308-5d1f-11c9-91a4-08002b14a0fa epmapper # C706, MS-RPCE
  ept_insert ept_delete ept_lookup ept_map ept_lookup_handle_free ept_inq_object ept_mgmt_delete ept_map_auth
  ept_map_auth_async
afa8bd80-7d8a-11c9-bef4-08002b102989 mgmt # C706
  inq_if_ids inq_stats is_server_listening stop_server_listening inq_princ_name
000001a0-0000-0000-c000-000000000046 IRemoteSCMActivator = ISystemActivator # MS-DCOM
  QueryInterfaceIRemoteSCMActivator AddRefIRemoteISCMActivator ReleaseIRemoteISCMActivator RemoteGetClassObject
  RemoteCreateInstance
4d9f4ab8-7d1c-11cf-861e-0020af6e7c57 IActivation # MS-DCOM
  RemoteActivation
99fcfec4-5260-101b-bbcb-00aa0021347a IObjectExporter = IOXIDResolver # MS-DCOM
  ResolveOxid SimplePing ComplexPing ServerAlive ResolveOxid2 ServerAlive2
00000131-0000-0000-c000-000000000046 IRemUnknown # MS-DCOM
  @3 RemQueryInterface RemAddRef RemRelease
00000143-0000-0000-c000-000000000046 IRemUnknown2 # MS-DCOM
  QueryInterface AddRef Release RemQueryInterface RemAddRef RemRelease RemQueryInterface2
00020400-0000-0000-c000-000000000046 IDispatch # MS-OAUT
  @3 GetTypeInfoCount GetTypeInfo GetIDsOfNames Invoke
f309ad18-d86a-11d0-a075-00c04fb68820 IWbemLevel1Login # MS-WMI
  @3 EstablishPosition RequestChallenge WBEMLogin NTLMLogin
9556dc99-828c-11cf-a37e-00aa003240c7 IWbemServices # MS-WMI
  @3 OpenNamespace CancelAsyncCall QueryObjectSink GetObject GetObjectAsync PutClass PutClassAsync DeleteClass
  DeleteClassAsync CreateClassEnum CreateClassEnumAsync PutInstance PutInstanceAsync DeleteInstance DeleteInstanceAsync
  CreateInstanceEnum CreateInstanceEnumAsync ExecQuery ExecQueryAsync ExecNotificationQuery ExecNotificationQueryAsync
  ExecMethod ExecMethodAsync
d4781cd6-e5d3-44df-ad94-930efe48a887 IWbemLoginClientID # MS-WMI
  @3 SetClientInfo
027947e1-d731-11ce-a357-000000000001 IEnumWbemClassObject interface = IEnumWbemClassObject # MS-WMI
  @3 Reset Next NextAsync Clone Skip
1c1c45ee-4395-11d2-b60b-00104b703efd IWbemFetchSmartEnum interface = IWbemFetchSmartEnum # MS-WMI
  @3 GetSmartEnum
423ec01e-2e35-11d2-b604-00104b703efd IWbemWCOSmartEnum interface = IWbemWCOSmartEnum # MS-WMI
  @3 Next
7c857801-7381-11cf-884d-00aa004b2e24 IWbemObjectSink interface = IWbemObjectSink # MS-WMI
  @3 Indicate SetStatus
44aca675-e8fc-11d0-a07c-00c04fb68820 IWbemCallResult interface = IWbemCallResult # MS-WMI
  @3 GetResultObject GetResultString GetResultServices GetCallStatus
541679ab-2e5f-11d3-b34e-00104bcc4b4a IWbemLoginHelper interface = IWbemLoginHelper # MS-WMI
  @3 SetEvent
12345678-1234-abcd-ef00-0123456789ab spoolss # MS-RPRN
  RpcEnumPrinters RpcOpenPrinter RpcSetJob RpcGetJob RpcEnumJobs RpcAddPrinter RpcDeletePrinter RpcSetPrinter
  RpcGetPrinter RpcAddPrinterDriver RpcEnumPrinterDrivers RpcGetPrinterDriver RpcGetPrinterDriverDirectory
  RpcDeletePrinterDriver RpcAddPrintProcessor RpcEnumPrintProcessors RpcGetPrintProcessorDirectory RpcStartDocPrinter
  RpcStartPagePrinter RpcWritePrinter RpcEndPagePrinter RpcAbortPrinter RpcReadPrinter RpcEndDocPrinter RpcAddJob
  RpcScheduleJob RpcGetPrinterData RpcSetPrinterData RpcWaitForPrinterChange RpcClosePrinter RpcAddForm RpcDeleteForm
  RpcGetForm RpcSetForm RpcEnumForms RpcEnumPorts RpcEnumMonitors RpcAddPort RpcConfigurePort RpcDeletePort
  RpcCreatePrinterIC RpcPlayGdiScriptOnPrinterIC RpcDeletePrinterIC RpcAddPrinterConnection RpcDeletePrinterConnection
  RpcPrinterMessageBox RpcAddMonitor RpcDeleteMonitor RpcDeletePrintProcessor RpcAddPrintProvidor
  RpcDeletePrintProvidor RpcEnumPrintProcessorDatatypes RpcResetPrinter RpcGetPrinterDriver2
  RpcClientFindFirstPrinterChangeNotification RpcFindNextPrinterChangeNotification
  RpcFindClosePrinterChangeNotification RpcRouterFindFirstPrinterChangeNotificationOld RpcReplyOpenPrinter
  RpcRouterReplyPrinter RpcReplyClosePrinter RpcAddPortEx RpcRemoteFindFirstPrinterChangeNotification RpcSpoolerInit
  RpcResetPrinterEx RpcRemoteFindFirstPrinterChangeNotificationEx RpcRouterReplyPrinterEx
  RpcRouterRefreshPrinterChangeNotification RpcSetAllocFailCount RpcSplOpenPrinter RpcAddPrinterEx RpcSetPort
  RpcEnumPrinterData RpcDeletePrinterData RpcClusterSplOpen RpcClusterSplClose RpcClusterSplIsAlive RpcSetPrinterDataEx
  RpcGetPrinterDataEx RpcEnumPrinterDataEx RpcEnumPrinterKey RpcDeletePrinterDataEx RpcDeletePrinterKey RpcSeekPrinter
  RpcDeletePrinterDriverEx RpcAddPerMachineConnection RpcDeletePerMachineConnection RpcEnumPerMachineConnections
  RpcXcvData RpcAddPrinterDriverEx RpcSplOpenPrinter RpcGetSpoolFileInfo RpcCommitSpoolData RpcCloseSpoolFileHandle
  RpcFlushPrinter RpcSendRecvBidiData RpcAddDriverCatalog RpcAddPrinterConnection2 RpcDeletePrinterConnection2
  RpcInstallPrinterDriverFromPackage RpcUploadPrinterDriverPackage RpcGetCorePrinterDrivers
  RpcCorePrinterDriverInstalled RpcGetPrinterDriverPackagePath RpcReportJobProcessingProgress @110
  RpcGetJobNamedPropertyValue RpcSetJobNamedProperty RpcDeleteJobNamedProperty RpcEnumJobNamedProperties @116
  RpcLogJobInfoForBranchOffice
76f03f96-cdfd-44fc-a22c-64950a001209 IRemoteWinspool # MS-PAR
  RpcAsyncOpenPrinter RpcAsyncAddPrinter RpcAsyncSetJob RpcAsyncGetJob RpcAsyncEnumJobs RpcAsyncAddJob
  RpcAsyncScheduleJob RpcAsyncDeletePrinter RpcAsyncSetPrinter RpcAsyncGetPrinter RpcAsyncStartDocPrinter
  RpcAsyncStartPagePrinter RpcAsyncWritePrinter RpcAsyncEndPagePrinter RpcAsyncEndDocPrinter RpcAsyncAbortPrinter
  RpcAsyncGetPrinterData RpcAsyncGetPrinterDataEx RpcAsyncSetPrinterData RpcAsyncSetPrinterDataEx RpcAsyncClosePrinter
  RpcAsyncAddForm RpcAsyncDeleteForm RpcAsyncGetForm RpcAsyncSetForm RpcAsyncEnumForms RpcAsyncGetPrinterDriver
  RpcAsyncEnumPrinterData RpcAsyncEnumPrinterDataEx RpcAsyncEnumPrinterKey RpcAsyncDeletePrinterData
  RpcAsyncDeletePrinterDataEx RpcAsyncDeletePrinterKey RpcAsyncXcvData RpcAsyncSendRecvBidiData RpcAsyncCreatePrinterIC
  RpcAsyncPlayGdiScriptOnPrinterIC RpcAsyncDeletePrinterIC RpcAsyncEnumPrinters RpcAsyncAddPrinterDriver
  RpcAsyncEnumPrinterDrivers RpcAsyncGetPrinterDriverDirectory RpcAsyncDeletePrinterDriver
  RpcAsyncDeletePrinterDriverEx RpcAsyncAddPrintProcessor RpcAsyncEnumPrintProcessors
  RpcAsyncGetPrintProcessorDirectory RpcAsyncEnumPorts RpcAsyncEnumMonitors RpcAsyncAddPort RpcAsyncSetPort
  RpcAsyncAddMonitor RpcAsyncDeleteMonitor RpcAsyncDeletePrintProcessor RpcAsyncEnumPrintProcessorDatatypes
  RpcAsyncAddPerMachineConnection RpcAsyncDeletePerMachineConnection RpcAsyncEnumPerMachineConnections
  RpcSyncRegisterForRemoteNotifications RpcSyncUnRegisterForRemoteNotifications RpcSyncRefreshRemoteNotifications
  RpcAsyncGetRemoteNotifications RpcAsyncInstallPrinterDriverFromPackage RpcAsyncUploadPrinterDriverPackage
  RpcAsyncGetCorePrinterDrivers RpcAsyncCorePrinterDriverInstalled RpcAsyncGetPrinterDriverPackagePath
  RpcAsyncDeletePrinterDriverPackage RpcAsyncReadPrinter RpcAsyncResetPrinter RpcAsyncGetJobNamedPropertyValue
  RpcAsyncSetJobNamedProperty RpcAsyncDeleteJobNamedProperty RpcAsyncEnumJobNamedProperties
  RpcAsyncLogJobInfoForBranchOffice
df1941c5-fe89-4e79-bf10-463657acf44d efsrpc # MS-EFSR
  EfsRpcOpenFileRaw EfsRpcReadFileRaw EfsRpcWriteFileRaw EfsRpcCloseRaw EfsRpcEncryptFileSrv EfsDecryptFileSrv
  EfsRpcQueryUsersOnFile EfsRpcQueryRecoveryAgents EfsRpcRemoveUsersFromFile EfsRpcAddUsersToFile @12 EfsRpcFileKeyInfo
  EfsRpcDuplicateEncryptionInfoFile @15 EfsRpcAddUsersToFileEx EfsRpcFileKeyInfoEx @18 EfsRpcGetEncryptedFileMetadata
  EfsRpcSetEncryptedFileMetadata EfsRpcFlushEfsCache EfsRpcEncryptFileExServ EfsRpcQueryProtectors
c681d488-d850-11d0-8c52-00c04fd90f7e efsrpc2 = lsarpc-efs # MS-EFSR
  EfsRpcOpenFileRaw EfsRpcReadFileRaw EfsRpcWriteFileRaw EfsRpcCloseRaw EfsRpcEncryptFileSrv EfsDecryptFileSrv
  EfsRpcQueryUsersOnFile EfsRpcQueryRecoveryAgents EfsRpcRemoveUsersFromFile EfsRpcAddUsersToFile @12 EfsRpcFileKeyInfo
  EfsRpcDuplicateEncryptionInfoFile @15 EfsRpcAddUsersToFileEx EfsRpcFileKeyInfoEx @18 EfsRpcGetEncryptedFileMetadata
  EfsRpcSetEncryptedFileMetadata EfsRpcFlushEfsCache EfsRpcEncryptFileExServ EfsRpcQueryProtectors
a8e0653c-2744-4389-a61d-7373df8b2292 FileServerVssAgent = fsrvp # MS-FSRVP
  GetSupportedVersion SetContext StartShadowCopySet AddToShadowCopySet CommitShadowCopySet ExposeShadowCopySet
  RecoveryCompleteShadowCopySet AbortShadowCopySet IsPathSupported IsPathShadowCopied
4fc742e0-4a10-11cf-8273-00aa004ae673 netdfs = dfs # MS-DFSNM
  NetrDfsManagerGetVersion NetrDfsAdd NetrDfsRemove NetrDfsSetInfo NetrDfsGetInfo NetrDfsEnum NetrDfsRename NetrDfsMove
  NetrDfsManagerGetConfigInfo NetrDfsManagerSendSiteInfo NetrDfsAddFtRoot NetrDfsRemoveFtRoot NetrDfsAddStdRoot
  NetrDfsRemoveStdRoot NetrDfsManagerInitialize NetrDfsAddStdRootForced NetrDfsGetDcAddress NetrDfsSetDcAddress
  NetrDfsFlushFtTable NetrDfsAdd2 NetrDfsRemove2 NetrDfsEnumEx NetrDfsSetInfo2 NetrDfsAddRootTarget
  NetrDfsRemoveRootTarget NetrDfsGetSupportedNamespaceVersion
82273fdc-e32a-18c3-3f78-827929dc23ea eventlog # MS-EVEN
  ElfrClearELFW ElfrBackupELFW ElfrCloseEL ElfrDeregisterEventSource ElfrNumberOfRecords ElfrOldestRecord
  ElfrChangeNotify ElfrOpenELW ElfrRegisterEventSourceW ElfrOpenBELW ElfrReadELW ElfrReportEventW ElfrClearELFA
  ElfrBackupELFA ElfrOpenELA ElfrRegisterEventSourceA ElfrOpenBELA ElfrReadELA ElfrReportEventA ElfrRegisterClusterSvc
  ElfrDeregisterClusterSvc ElfrWriteClusterEvents ElfrGetLogInformation ElfrFlushEL ElfrReportEventAndSourceW
  ElfrReportEventExW ElfrReportEventExA
f6beaff7-1e19-4fbb-9f8f-b89e2018337c IEventService # MS-EVEN6
  EvtRpcRegisterRemoteSubscription EvtRpcRemoteSubscriptionNextAsync EvtRpcRemoteSubscriptionNext
  EvtRpcRemoteSubscriptionWaitAsync EvtRpcRegisterControllableOperation EvtRpcRegisterLogQuery EvtRpcClearLog
  EvtRpcExportLog EvtRpcLocalizeExportLog EvtRpcMessageRender EvtRpcMessageRenderDefault EvtRpcQueryNext
  EvtRpcQuerySeek EvtRpcClose EvtRpcCancel EvtRpcAssertConfig EvtRpcRetractConfig EvtRpcOpenLogHandle
  EvtRpcGetLogFileInfo EvtRpcGetChannelList EvtRpcGetChannelConfig EvtRpcPutChannelConfig EvtRpcGetPublisherList
  EvtRpcGetPublisherListForChannel EvtRpcGetPublisherMetadata EvtRpcGetPublisherResourceMetadata
894de0c0-0d55-11d3-a322-00c04fa321a1 InitShutdown # MS-RSP
  BaseInitiateShutdown BaseAbortShutdown BaseInitiateShutdownEx
d95afe70-a6d5-4259-822e-2c84da1ddb0d WindowsShutdown # MS-RSP
  WsdrInitiateShutdown WsdrAbortShutdown
3dde7c30-165d-11d1-ab8f-00805f14db40 BackupKey = protected_storage # MS-BKRP
  bkrp_BackupKey
50abc2a4-574d-40b3-9d66-ee4fd5fba076 dnsserver # MS-DNSP
  DnssrvOperation DnssrvQuery DnssrvComplexOperation DnssrvEnumRecords DnssrvUpdateRecord DnssrvOperation2 DnssrvQuery2
  DnssrvComplexOperation2 DnssrvEnumRecords2 DnssrvUpdateRecord2 DnssrvUpdateRecord3 DnssrvEnumRecords3
  DnssrvOperation3 DnssrvQuery3 DnssrvComplexOperation3 DnssrvOperation4 DnssrvQuery4 DnssrvUpdateRecord4
  DnssrvEnumRecords4
8fb6d884-2388-11d0-8c35-00c04fda2795 W32Time # MS-W32T
  W32TimeSync W32TimeGetNetlogonServiceBits W32TimeQueryProviderStatus W32TimeQuerySource
  W32TimeQueryProviderConfiguration W32TimeQueryConfiguration W32TimeQueryStatus W32TimeLog
6bffd098-a112-3610-9833-012892020162 browser # MS-BRWSA
  BrowserrServerEnum BrowserrDebugCall BrowserrQueryOtherDomains BrowserrResetNetlogonState BrowserrDebugTrace
  BrowserrQueryStatistics BrowserrResetStatistics NetrBrowserStatisticsClear NetrBrowserStatisticsGet
  BrowserrSetNetlogonState BrowserrQueryEmulatedDomains BrowserrServerEnumEx
3c4728c5-f0ab-448b-bda1-6ce01eb0a6d5 RpcSrvDHCPC = dhcpcsvc # MS-DHCPM dhcpcsvc
  RpcSrvEnableDhcp RpcSrvRenewLease RpcSrvRenewLeaseByBroadcast RpcSrvReleaseLease RpcSrvSetFallbackParams
  RpcSrvGetFallbackParams RpcSrvFallbackRefreshParams RpcSrvStaticRefreshParams RpcSrvRemoveDnsRegistrations
  RpcSrvRequestParams RpcSrvPersistentRequestParams RpcSrvRegisterParams RpcSrvDeRegisterParams RpcSrvEnumInterfaces
  RpcSrvQueryLeaseInfo RpcSrvSetClassId RpcSrvGetClassId RpcSrvSetClientId RpcSrvGetClientId
  RpcSrvNotifyMediaReconnected RpcSrvGetOriginalSubnetMask RpcSrvSetMSFTVendorSpecificOptions RpcSrvRequestCachedParams
  RpcSrvRegisterConnectionStateNotification RpcSrvDeRegisterConnectionStateNotification RpcSrvGetNotificationStatus
  RpcSrvGetDhcpServicedConnections
3c4728c5-f0ab-448b-bda1-6ce01eb0a6d6 dhcpcsvc6
  RpcSrvRequestPrefix RpcSrvRenewPrefix RpcSrvReleasePrefix RpcSrvRequestParams
91ae6020-9e3c-11cf-8d7c-00aa00c091be ICertPassage # MS-ICPR
  CertServerRequest
d99e6e70-fc88-11d0-b498-00a0c90312f3 ICertRequestD # MS-WCCE
  @3 Request GetCACert Ping
5422fd3a-d4b8-4cef-a12e-e87d4ca22e90 ICertRequestD2 # MS-WCCE
  @3 Request GetCACert Ping Request2 GetCAProperty GetCAPropertyInfo Ping2
88143fd0-c28d-4b2b-8fef-8d882f6a9390 TermServEnumeration # MS-TSTS
  RpcOpenEnum RpcCloseEnum RpcFilterByState RpcFilterByCallersName RpcEnumAddFilter RpcGetEnumResult
  RpcFilterBySessionType @8 RpcGetSessionIds RpcGetEnumResultEx
484809d6-4239-471b-b5bc-61df8c23ac48 TermSrvSession # MS-TSTS
  RpcWaitForSessionState RpcRegisterAsyncNotification RpcWaitAsyncNotification RpcUnRegisterAsyncNotification
bde95fdf-eee0-45de-9e12-e5a61cd0d4fe RCMPublic # MS-TSTS
  RpcGetClientData RpcGetConfigData RpcGetProtocolStatus RpcGetLastInputTime RpcGetRemoteAddress @8 RpcGetAllListeners
  RpcGetSessionProtocolLastInputTime
897e2e5f-93f3-4376-9c9c-fd2277495c27 FrsTransport # MS-FRS2
  CheckConnectivity EstablishConnection EstablishSession RequestUpdates RequestVersionVector AsyncPoll RequestRecords
  UpdateCancel RawGetFileData RdcGetSignatures @16 RdcGetFileDataAsync RdcFileDataTransferKeepAlive
ccd8c074-d0e5-4a40-92b4-d074faa6ba28 Witness # MS-SWN
  WitnessrGetInterfaceList WitnessrRegister WitnessrUnRegister WitnessrAsyncNotify WitnessrRegisterEx
5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc msgsvcsend # MS-MSRP
  NetrSendMessage
f5cc5a18-4264-101a-8c59-08002b2f8426 nspi # MS-NSPI
  NspiBind NspiUnbind NspiUpdateStat NspiQueryRows NspiSeekEntries NspiGetMatches NspiResortRestriction NspiDNToEph
  NspiGetPropList NspiGetProps NspiCompareMIds NspiModProps NspiGetSpecialTable NspiGetTemplateInfo NspiModLinkAtt @16
  NspiQueryColumns NspiGetNamesFromIDs NspiGetIDsFromNames NspiResolveNames NspiResolveNamesW
1544f5e0-613c-11d1-93df-00c04fd7bd09 exchange_rfr # MS-OXABREF
  RfrGetNewDSA RfrGetFQDNFromServerDN
a4f1db00-ca47-1067-b31f-00dd010662da exchange_mapi # MS-OXCRPC
  EcDoConnect EcDoDisconnect EcDoRpc EcGetMoreRpc EcRRegisterPushNotification EcRUnregisterPushNotification EcDummyRpc
  EcRGetDCName EcRNetGetDCName EcDoRpcExt EcDoConnectEx EcDoRpcExt2 EcUnknown0xC EcUnknown0xD EcDoAsyncConnectEx
0a74ef1c-41a4-4e06-83ae-dc74fb1cdd53 idletask
0b6edbfa-4a24-4fc6-8a23-942b1eca65d1 IRPCAsyncNotify
ae33069b-a2a8-46ee-a235-ddfd339be281 IRPCRemoteObject
f5cc59b4-4264-101a-8c59-08002b2f8426 FrsRpc
5ca4a760-ebb1-11cf-8611-00a0245420ed winstation_rpc
8d9f4e40-a03d-11ce-8f69-08003e30051b pnp
8d0ffe72-d252-11d0-bf8f-00c04fd9126b IKeySvc
45f52c28-7f9f-101a-b52b-08002b2efabe winspipe
5261574a-4572-206e-b268-6b199213b4e4 AsyncEMSMDB
51c82175-844e-4750-b0d8-ec255555bc06 KMS
17fdd703-1827-4e34-79d4-24a55c53bb37 msgsvc
342cfd40-3c6c-11ce-a893-08002b2e9c6d llsrpc
44aca674-e8fc-11d0-a07c-00c04fb68820 IWbemContext interface
dc12a681-737f-11cf-884d-00aa004b2e24 IWbemClassObject interface
f1e9c5b2-f59b-11d2-b362-00105a1f8177 IWbemRemoteRefresher interface
2c9273e0-1dc3-11d3-b364-00105a1f8177 IWbemRefreshingServices interface
12b81e99-f207-4a4c-85d3-77b42f76fd14 ISeclogon
300f3532-38cc-11d0-a3f0-0020af6b0add trkwks
4da1c422-943d-11d1-acae-00c04fc2aa3f trksvr
6b5bdd1e-528c-422c-af8c-a4079be4fe48 RemoteFW
6bffd098-a112-3610-9833-46c3f874532d dhcpsrv
5b821720-f63b-11d0-aad2-00c04fc324db dhcpsrv2
b97db8b2-4c63-11cf-bff6-08002be23f2f clusapi
ae1c7110-2f60-11d3-8a39-00c04f72d8e3 IVssEnumObject
fa7df749-66e7-4986-a27f-e2f04ae53772 IVssSnapshotMgmt
70b51430-b6ca-11d0-b9b9-00a0c922e750 IMSAdminBaseW
d99e6e71-fc88-11d0-b498-00a0c90312f3 ICertAdminD
7fe0d935-dda6-443f-85d0-1cfb58fe41dd ICertAdminD2
d2d79df7-3400-11d0-b40b-00aa005ff586 IDMNotify
d2d79df5-3400-11d0-b40b-00aa005ff586 IVolumeClient
6619a740-8154-43be-a186-0319578e02db IRemoteDispatch
c3fcc19e-a970-11d2-8b5a-00a0c9b7c9c4 IManagedObject
afc07e2e-311c-4435-808c-c483ffeec7c9 lsacap
d049b186-814f-11d1-9a3c-00c04fc9b232 NtFrsApi
77df7a80-f298-11d0-8358-00a024c480a8 dscomm`

interface RpcInterface {
  readonly uuid: string
  readonly endpoint: string
  /** By number. */
  readonly operations: ReadonlyMap<number, string>
  /** The first number with that name. */
  readonly numbers: ReadonlyMap<string, number>
}

const byUuid = new Map<string, RpcInterface>()
const byName = new Map<string, RpcInterface>()

function readTable(): void {
  for (const block of TABLE.split(/\n(?=[0-9a-f])/)) {
    const [head = '', ...lines] = block.trim().split('\n')
    const uuid = head.slice(0, 36)
    const [names = ''] = head.slice(37).split(' # ')
    const [endpoint = '', alias] = names.split(' = ')
    const operations = new Map<number, string>()
    const numbers = new Map<string, number>()
    let opnum = 0
    for (const word of lines.join(' ').split(' ')) {
      if (word === '') continue
      if (word.startsWith('@')) {
        opnum = Number(word.slice(1))
        continue
      }
      operations.set(opnum, word)
      if (!numbers.has(word)) numbers.set(word, opnum)
      opnum++
    }
    const made: RpcInterface = { uuid, endpoint, operations, numbers }
    byUuid.set(uuid, made)
    for (const name of [endpoint, alias]) {
      if (name !== undefined && !byName.has(name.toLowerCase())) byName.set(name.toLowerCase(), made)
    }
  }
}
readTable()

/** Zeek's way of naming what its table lacks: `unknown-` and the UUID or the operation number. */
const UNKNOWN = 'unknown-'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Zeek's endpoint name of an interface (`svcctl`), or `unknown-` and the UUID as Zeek writes it. */
export function endpointName(uuid: string): string {
  const key = uuid.toLowerCase()
  return byUuid.get(key)?.endpoint ?? `${UNKNOWN}${key}`
}

/** Zeek's name of an operation (`CreateServiceW`), or `unknown-` and its number as Zeek writes it. */
export function operationName(uuid: string, opnum: number): string {
  return byUuid.get(uuid.toLowerCase())?.operations.get(opnum) ?? `${UNKNOWN}${opnum}`
}

/**
 * The UUID of an interface, lower case, by Zeek's endpoint name, another name in use (`ISystemActivator`), or
 * `unknown-UUID`; undefined when the table lacks it.
 */
export function interfaceUuid(endpoint: string): string | undefined {
  const name = endpoint.toLowerCase()
  const found = byName.get(name)
  if (found) return found.uuid
  const rest = name.startsWith(UNKNOWN) ? name.slice(UNKNOWN.length) : name
  return UUID.test(rest) ? rest : undefined
}

/** The number of an operation by its name or as `unknown-N`; undefined when the table lacks it. */
export function opnumOf(uuid: string, operation: string): number | undefined {
  const found = byUuid.get(uuid.toLowerCase())?.numbers.get(operation)
  if (found !== undefined) return found
  if (!operation.startsWith(UNKNOWN)) return undefined
  const rest = operation.slice(UNKNOWN.length)
  return /^\d{1,5}$/.test(rest) && Number(rest) <= 0xffff ? Number(rest) : undefined
}

/**
 * Fills, in the open row of a builder of `dce_rpc`, whichever of `uuid` and `opnum` (absent in Zeek's log) or `endpoint`
 * and `operation` is missing. Called just before `commit`. What stands in no table stays absent.
 */
export function completeDceRpc(builder: BatchBuilder): void {
  const { slots } = builder.type
  const uuidSlot = slots.get('uuid')
  const opnumSlot = slots.get('opnum')
  const endpointSlot = slots.get('endpoint')
  const operationSlot = slots.get('operation')
  if (uuidSlot === undefined || opnumSlot === undefined || endpointSlot === undefined || operationSlot === undefined) {
    return
  }
  let uuid = builder.textOf(uuidSlot)
  if (uuid === '') {
    uuid = interfaceUuid(builder.textOf(endpointSlot)) ?? ''
    if (uuid === '') return
    builder.setText(uuidSlot, uuid)
  } else if (!builder.has(endpointSlot)) {
    builder.setText(endpointSlot, endpointName(uuid))
  }
  const opnum = builder.numberOf(opnumSlot)
  if (Number.isNaN(opnum)) {
    const number = opnumOf(uuid, builder.textOf(operationSlot))
    if (number !== undefined) builder.setNumber(opnumSlot, number)
  } else if (!builder.has(operationSlot)) {
    builder.setText(operationSlot, operationName(uuid, opnum))
  }
}
