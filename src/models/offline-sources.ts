import type { Turn } from "./offline-conversation.ts";
import { findWorkspace, type PlannerStart } from "./offline-planner.ts";
import type { BoundTools } from "./offline-tools.ts";
import { emptyWorkspace } from "./offline-workspace.ts";

/** What can be known, and what still has to be called to know more. */
export interface Sources {
  turn: Turn;
  tools: BoundTools;
  ask: PlannerStart["ask"];
}

/** Without a look at the workspace, names are taken as they are given. */
export function startFrom({ turn, tools, ask }: Sources): PlannerStart {
  const workspace = findWorkspace(ask);
  const isThere = (path: string) => workspace?.files.some((file) => file.path === path) ?? true;
  return {
    workspace: workspace ?? emptyWorkspace,
    isBlind: workspace === undefined,
    offered: tools.plannable,
    ask,
    one: turn.mentioned.filter(isThere).slice(0, 1),
  };
}
