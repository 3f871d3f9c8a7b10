import { useEffect, useState } from "react";
import { useCountersign } from "./countersign.tsx";
import type { CountersignClient } from "./countersign-client.ts";
import type { ToolInfo } from "./plan-requests.ts";
import { useThreadOfQuestions } from "./question-context.ts";

/** The tools that plans of a thread may use, by name. */
export type Tools = ReadonlyMap<string, ToolInfo>;

const none: Tools = new Map();
const known = new WeakMap<CountersignClient, Map<string, Promise<Tools>>>();

/**
 * What the server says of the tools of the thread that is shown; null until it has said it, and empty where it says
 * nothing.
 *
 * @param isOn - False asks nothing.
 */
export function useTools(isOn: boolean): Tools | null {
  const { client } = useCountersign();
  const threadId = useThreadOfQuestions();
  const [tools, setTools] = useState<Tools | null>(null);
  useEffect(() => {
    if (!isOn) return;
    if (threadId === null) {
      setTools(none);
      return;
    }
    let isGone = false;
    void toolsOf(client, threadId).then((found) => {
      if (!isGone) setTools(found);
    });
    return () => {
      isGone = true;
    };
  }, [client, threadId, isOn]);
  return tools;
}

/** Asked once for each thread; a server that did not answer is asked again the next time. */
function toolsOf(client: CountersignClient, threadId: string): Promise<Tools> {
  const ofClient = known.get(client) ?? new Map<string, Promise<Tools>>();
  known.set(client, ofClient);
  const asked = ofClient.get(threadId);
  if (asked !== undefined) return asked;
  const asking = client.listTools(threadId).then(
    (tools): Tools => new Map(tools.map((tool) => [tool.name, tool])),
    () => {
      ofClient.delete(threadId);
      return none;
    },
  );
  ofClient.set(threadId, asking);
  return asking;
}
