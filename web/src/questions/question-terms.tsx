import { Clock, Users } from "lucide-react";
import type { QuestionDetails } from "../conversation/questions.ts";
import { formatDuration } from "../conversation/steps.ts";
import { useNow } from "../hooks/use-now.ts";

const ends: Record<QuestionDetails["onExpiry"], string> = {
  hold: "it stays open then",
  answer: "then a default answer is given",
  cancel: "then it ends without an answer",
};

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
          <Users className="size-4" aria-hidden /> For {assignees.join(", ")}
        </span>
      ) : null}
      {left === null ? null : (
        <span className="flex items-center gap-1.5">
          <Clock className="size-4" aria-hidden />
          {left > 0 ? `${roughly(left)} left` : "Its time is up"}; {ends[onExpiry]}
        </span>
      )}
    </p>
  );
}

function roughly(ms: number): string {
  if (ms < 3_600_000) return formatDuration(Math.ceil(ms / 1_000) * 1_000);
  return ms < 48 * 3_600_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
}
