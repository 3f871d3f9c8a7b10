import { Button } from "countersign/react";
import { Bell, BellOff } from "lucide-react";
import { words } from "../words.ts";
import type { Notifications } from "./use-notifications.ts";

export function NotifyButton({ notifications }: { notifications: Notifications }) {
  const { state, toggle } = notifications;
  if (state === "unsupported") return null;
  const Icon = state === "on" ? Bell : BellOff;
  return (
    <Button
      kind="quiet"
      aria-pressed={state === "on"}
      disabled={state === "refused"}
      title={state === "refused" ? words.inbox.notifyRefused : words.inbox.notifyHint}
      onClick={() => void toggle()}
    >
      <Icon className="size-4" aria-hidden /> {words.inbox.notify}
    </Button>
  );
}
