export { type ChooseModelOptions, type ChosenModel, chooseModel } from "./choose-model.ts";
export { createOfflineModel, type OfflineModelOptions } from "./offline-model.ts";
