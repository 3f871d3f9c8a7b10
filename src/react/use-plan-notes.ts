import { useDraft } from "./use-draft.ts";

/** What a person says about single steps, until it is sent with a request for changes. */
export interface PlanNotes {
  /** By step id. */
  comments: Readonly<Record<string, string>>;
  /** Ids of steps that are to stay word for word. */
  keep: readonly string[];
}

/** What can be noted at a step while changes may be requested. */
export interface StepNotes {
  comment: string | undefined;
  isCommenting: boolean;
  isKept: boolean;
  onComment: (text: string) => void;
  /** Opens, or closes, the box for the comment. */
  onCommenting: (isOn: boolean) => void;
  onKeep: () => void;
}

const nothing: PlanNotes = { comments: {}, keep: [] };

/** Notes on the steps of a plan that is asked about; they survive a reload. */
export function usePlanNotes(digest: string) {
  const [notes = nothing, setNotes] = useDraft<PlanNotes>(`notes.${digest}`);
  const { comments, keep } = notes;
  return {
    notes,
    comment(step: string, text: string): void {
      const { [step]: _, ...others } = comments;
      setNotes({ ...notes, comments: text === "" ? others : { ...others, [step]: text } });
    },
    toggleKeep(step: string): void {
      const isKept = keep.includes(step);
      setNotes({ ...notes, keep: isKept ? keep.filter((id) => id !== step) : [...keep, step] });
    },
  };
}

/** The notes on steps that a plan has, as they are sent: blank ones say nothing. */
export function notesToSend({ comments, keep }: PlanNotes, steps: readonly { id: string }[]) {
  const ids = steps.map(({ id }) => id);
  const said = ids.flatMap((id) => {
    const text = comments[id]?.trim() ?? "";
    return text === "" ? [] : [[id, text] as const];
  });
  return { comments: Object.fromEntries(said), keep: ids.filter((id) => keep.includes(id)) };
}
