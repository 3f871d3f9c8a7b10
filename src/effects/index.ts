export {
  type EffectContext,
  EffectInDoubtError,
  type EffectLedger,
  type EffectOptions,
  effect,
} from "./effect.ts";
export { type Receipt, receipts } from "./receipts.ts";
