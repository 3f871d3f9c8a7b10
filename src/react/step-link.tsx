import { Link } from "lucide-react";
import { CopyButton } from "./copy-button.tsx";
import { useCountersign } from "./countersign.tsx";
import { useThreadOfQuestions } from "./question-context.ts";
import { words } from "./words.ts";

/** Copies the address of a step, to be opened elsewhere. On hover, on focus, and always where there is no hover. */
export function StepLink({ stepId }: { stepId: string }) {
  const threadId = useThreadOfQuestions();
  const { linkToStep } = useCountersign();
  if (threadId === null || linkToStep === undefined) return null;
  return (
    <CopyButton
      icon={Link}
      label={words.stepRow.link}
      text={() => new URL(linkToStep(threadId, stepId), window.location.href).href}
      className="opacity-0 transition focus-visible:opacity-100 group-hover/step:opacity-100 [@media(hover:none)]:opacity-100"
    />
  );
}
