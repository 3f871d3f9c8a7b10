export {
  type AnswerRacesOptions,
  type AnswerRacesResult,
  answerAtOnce,
  runAnswerRaces,
  type Volley,
} from "./answer-races.ts";
export { approvePlan, cancelPlan, chooseAnswer, editPlan, rejectPlan } from "./answers.ts";
export {
  checkThread,
  type LedgerLine,
  ledgerTool,
  readLedger,
  type ThreadCheck,
} from "./check-thread.ts";
export { shiftClock } from "./clock.ts";
export type { ContractCase, StoreHarness } from "./contract-support.ts";
export { type CrashRoundsOptions, type CrashRoundsResult, runCrashRounds } from "./crash-rounds.ts";
export { type AcceptedCommand, createDriver, type Driver, type DriverOptions } from "./driver.ts";
export {
  type Fault,
  type FaultAction,
  type FaultPlace,
  type FaultPlan,
  faultPlanVariable,
  type InjectedError,
  randomInstant,
  readFaultPlan,
} from "./fault-plan.ts";
export { type FaultyStore, type Point, withFaults } from "./faults.ts";
export { createLiveReader, type LiveReader } from "./live-reader.ts";
export { type Harnessed, obeyHarness } from "./obey-harness.ts";
export { createRandom, type Random } from "./random.ts";
export { type Script, ScriptedModel, type ScriptedReply } from "./scripted-model.ts";
export {
  type Control,
  type ServerProcess,
  type ServerProcessOptions,
  startServerProcess,
} from "./server-process.ts";
export { storeContract } from "./store-contract.ts";
export { compareView, createView, openIdsOf, type View } from "./view.ts";
export {
  type CommandOptions,
  type CommandReply,
  followEvents,
  getState,
  getThread,
  insist,
  listRuns,
  readLog,
  sendCommand,
  UnreachableError,
  type WireEvent,
} from "./wire-client.ts";
