import type { Habits } from '../habits.ts'
import type { DayNumber } from '../link_table.ts'
import { bitsOf, type Sixteenths } from './bits.ts'
import type { Committed } from './committed.ts'
import type { CredentialDays } from './credential_days.ts'
import { ACCOUNTS, type DeviceDays, OF_CREDENTIAL, OWN_ACCOUNTS } from './device_days.ts'
import { adds, levelAfter, ownTail } from './evidence_account.ts'
import { groupOfCredential, groupOfDevice, stratumOf } from './groups.ts'
import { QUESTIONS, SUMS } from './questions.ts'

/** Bits of questions that the account for credentials and administration looks at. */
const ADMINISTRATIVE = (['who', 'own', 'again', 'chain'] as const).map((question) => QUESTIONS.indexOf(question))
/** By own account: its questions. */
const LOOKED_AT: readonly (readonly number[])[] = [SUMS.everything, ADMINISTRATIVE]

/**
 * Evidence over days, of devices and of credentials (`evidence_account.ts`). A credential's account is read by the device on which it
 * did the oddest thing of the day: evidence goes with the credential from device to device.
 */
export class Accounts {
  private readonly habits: Habits
  private readonly known: Committed
  private readonly devices: DeviceDays
  private readonly credentials: CredentialDays

  constructor(habits: Habits, known: Committed, devices: DeviceDays, credentials: CredentialDays) {
    this.habits = habits
    this.known = known
    this.devices = devices
    this.credentials = credentials
  }

  /** Where an account stands on a day that adds to it; 0 on others. */
  level(device: number, account: number, day: DayNumber): Sixteenths {
    if (!this.devices.isActive(device, day)) return 0
    if (account === OF_CREDENTIAL) return this.levelOfCredential(this.devices.credential(device), day)
    const p = this.slot(device, account)
    return adds(p) ? levelAfter(this.devices.account(device, account), p).level : 0
  }

  private levelOfCredential(credential: number, day: DayNumber): Sixteenths {
    if (!this.credentials.isActive(credential, day)) return 0
    const p = this.slotOfCredential(credential)
    return adds(p) ? levelAfter(this.credentials.account(credential), p).level : 0
  }

  /** A learned model fires: what stands so high that it may have been the reason begins anew tomorrow. */
  fired(device: number, account: number, day: DayNumber): void {
    const level = Math.max(1, this.level(device, account, day))
    this.devices.setFiredLevel(device, account, level)
    if (account === OF_CREDENTIAL) this.credentials.setFiredLevel(this.devices.credential(device), level)
  }

  /** The day ends: what a closed day holds of the device's accounts, and how they go on tomorrow. */
  closeDevice(device: number, day: DayNumber): number[] {
    const { devices } = this
    return ACCOUNTS.map((_, account) => {
      const level = this.level(device, account, day)
      const firedLevel = devices.firedLevel(device, account)
      const stated = Math.min(0xffff, firedLevel === 0 ? level : Math.min(firedLevel, level))
      if (account >= OWN_ACCOUNTS) return stated
      const { account: after } = levelAfter(devices.account(device, account), this.slot(device, account))
      devices.setAccount(device, account, firedLevel === 0 ? after : after.map(() => 0))
      return (this.slotBits(device, account) << 16) | stated
    })
  }

  /** As `closeDevice`, after all devices: what a closed day holds of a credential. */
  closeCredential(credential: number): [credential: number, group: number, bits: Sixteenths, device: number] {
    const { credentials } = this
    const { account } = levelAfter(credentials.account(credential), this.slotOfCredential(credential))
    credentials.setAccount(credential, credentials.firedLevel(credential) === 0 ? account : account.map(() => 0))
    return [
      credential,
      this.groupOfCredential(credential),
      credentials.bits(credential),
      credentials.device(credential),
    ]
  }

  /** How odd a device's day is for an account: bits of the oddest question, less the number of views that were tested. */
  private slotBits(device: number, account: number): Sixteenths {
    let most = 0
    for (const question of LOOKED_AT[account]!) most = Math.max(most, this.devices.bits(device, question))
    return Math.max(0, most - bitsOf(1 / Math.max(1, this.devices.viewsTested(device))))
  }

  /** The p-value of a device's day for an account: among devices like it, and by its own days. */
  private slot(device: number, account: number): number {
    const { devices, deviceActivity } = this.habits
    const stratum = stratumOf(groupOfDevice(devices, device, deviceActivity.days(device)))
    const pooled = this.known.slots[account]![stratum]!.tail(this.slotBits(device, account))
    return ownTail(this.devices.own(device, account), pooled)
  }

  /** The p-value of a credential's day: among credentials like it, and by its own days. */
  private slotOfCredential(credential: number): number {
    const stratum = stratumOf(this.groupOfCredential(credential))
    const pooled = this.known.credentialSlots[stratum]!.tail(this.credentials.bits(credential))
    return ownTail(this.credentials.own(credential), pooled)
  }

  private groupOfCredential(credential: number): number {
    const { devices, credentialActivity } = this.habits
    return groupOfCredential(devices, credential, credentialActivity.days(credential))
  }
}
