export { type Script, ScriptedModel, type ScriptedReply } from "./scripted-model.ts";
