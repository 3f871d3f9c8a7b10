/** Why the person's last answer did not count. Screen readers are told by `useAnnouncements`. */
export function Refusal({ text }: { text: string | null }) {
  if (text === null) return null;
  return (
    <p className="rounded-lg bg-warn-soft p-3 text-sm text-warn" data-testid="refusal" dir="auto">
      {text}
    </p>
  );
}
