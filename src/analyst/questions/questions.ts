import type { Question } from '../investigation/question.ts'
import { ACT_QUESTIONS } from './acts.ts'
import { announced } from './announced.ts'
import { breadth } from './breadth.ts'
import { credential } from './credential.ts'
import { accounts, failedBefore } from './failures.ts'
import { habit } from './habit.ts'
import { movement } from './movement.ts'
import { oddDay } from './odd_day.ts'
import { others } from './others.ts'
import { returned } from './returned.ts'
import { role } from './role.ts'
import { severity } from './severity.ts'

/** Every question that an investigation may ask. A new one is its file and a line here. */
export const QUESTIONS = [
  ...ACT_QUESTIONS,
  severity,
  habit,
  role,
  oddDay,
  others,
  credential,
  returned,
  breadth,
  movement,
  accounts,
  failedBefore,
  announced,
] as const

type Asked = (typeof QUESTIONS)[number]
export type QuestionName = Asked['name']
export type Outcomes<Name extends QuestionName> =
  Extract<Asked, { readonly name: Name }> extends Question<string, infer Outcome> ? Outcome : never
