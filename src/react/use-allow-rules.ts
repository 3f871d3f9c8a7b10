import { useCallback, useEffect, useState } from "react";
import { useCountersign } from "./countersign.tsx";
import type { AllowRule } from "./plan-requests.ts";
import { describeError } from "./refusals.ts";

/** The rules that the person may see; null until they are known. Looked up when it is first shown. */
export function useAllowRules() {
  const { client } = useCountersign();
  const [rules, setRules] = useState<readonly AllowRule[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const look = useCallback(async () => {
    try {
      setRules(await client.listAllowRules());
      setError(null);
    } catch (problem) {
      setError(describeError(problem));
    }
  }, [client]);
  useEffect(() => void look(), [look]);
  const revoke = useCallback(
    async (rule: AllowRule) => {
      try {
        await client.revokeAllowRule(rule);
        await look();
      } catch (problem) {
        setError(describeError(problem));
      }
    },
    [client, look],
  );
  return { rules, error, revoke };
}
