import { nameOf } from "./actors.ts";
import { Button } from "./button.tsx";
import type { AllowRule } from "./plan-requests.ts";
import { useAllowRules } from "./use-allow-rules.ts";
import { words } from "./words.ts";

/** Every rule with whose it is and how long it holds, and the way to take it back. */
export function AllowRulesList() {
  const { rules, error, revoke } = useAllowRules();
  return (
    <section aria-label={words.allowRules.title} className="text-sm">
      {rules === null && error === null ? (
        <p role="status" className="text-muted">
          {words.allowRules.loading}
        </p>
      ) : null}
      {rules?.length === 0 ? <p className="text-muted">{words.allowRules.none}</p> : null}
      <ul className="grid max-h-72 gap-2 overflow-y-auto">
        {rules?.map((rule) => (
          <Rule
            key={[...rule.namespace, rule.key].join("\n")}
            rule={rule}
            onRevoke={() => void revoke(rule)}
          />
        ))}
      </ul>
      {error ? (
        <p role="alert" className="mt-1 break-words text-bad">
          {error}
        </p>
      ) : null}
    </section>
  );
}

function Rule({ rule, onRevoke }: { rule: AllowRule; onRevoke: () => void }) {
  const { tool, args, scope, expiresAt, by } = rule;
  const patterns = Object.entries(args);
  const isOver = expiresAt !== null && Date.parse(expiresAt) < Date.now();
  const { allowRules } = words;
  const terms = [
    allowRules.scopes[scope],
    by === null ? "" : allowRules.by(nameOf(by)),
    isOver
      ? allowRules.over
      : expiresAt === null
        ? ""
        : allowRules.until(new Date(expiresAt).toLocaleString()),
  ];
  return (
    <li className="flex items-start gap-2">
      <div className="min-w-0 flex-1 break-words">
        <code className="font-mono text-xs">{tool}</code>{" "}
        {patterns.length === 0 ? (
          <span className="text-muted text-xs">{allowRules.anything}</span>
        ) : (
          patterns.map(([name, pattern]) => (
            <code key={name} className="me-1.5 break-all font-mono text-muted text-xs">
              {`${name}: ${pattern}`}
            </code>
          ))
        )}
        <span className="block text-muted text-xs">{terms.filter((term) => term !== "").join(", ")}</span>
      </div>
      <Button
        className="min-h-7! shrink-0 px-2! py-0.5! text-xs!"
        aria-label={allowRules.revokeRule(tool)}
        onClick={onRevoke}
      >
        {allowRules.revoke}
      </Button>
    </li>
  );
}
