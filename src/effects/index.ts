export { type AskOptions, type AskRegistry, ask } from "./ask.ts";
export {
  type EffectContext,
  EffectInDoubtError,
  type EffectLedger,
  type EffectOptions,
  type EffectRequest,
  EffectSkippedError,
  effect,
  findEffects,
  type RecordedEffect,
} from "./effect.ts";
export { type Receipt, receipts } from "./receipts.ts";
export { isToStop } from "./stopping.ts";
export { isUncertain } from "./uncertain.ts";
