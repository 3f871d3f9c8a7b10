import { Clock, Users } from "lucide-react";
import { nameOf } from "./actors.ts";
import type { QuestionDetails } from "./questions.ts";
import { roughly } from "./time-words.ts";
import { useNow } from "./use-now.ts";
import { words } from "./words.ts";

/** Who may answer, and until when; nothing where everybody may, at any time. */
export function QuestionTerms({ details }: { details: QuestionDetails | null }) {
  const now = useNow(details?.expiresAt != null, 1_000);
  if (details === null || (details.assignees.length === 0 && details.expiresAt === null)) return null;
  const { assignees, expiresAt, onExpiry } = details;
  const left = expiresAt === null ? null : Date.parse(expiresAt) - now;
  return (
    <p className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-muted text-sm">
      {assignees.length > 0 ? (
        <span className="flex items-center gap-1.5">
          <Users className="size-4" aria-hidden /> {words.terms.assignees(assignees.map(nameOf).join(", "))}
        </span>
      ) : null}
      {left === null ? null : (
        <span className="flex items-center gap-1.5">
          <Clock className="size-4" aria-hidden />
          {words.terms.andThen(
            left > 0 ? words.terms.left(roughly(left)) : words.terms.timeIsUp,
            words.terms.onExpiry[onExpiry],
          )}
        </span>
      )}
    </p>
  );
}
