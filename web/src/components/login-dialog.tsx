import { useEffect, useId, useRef } from "react";
import { withoutEscape } from "../lib/without-escape.ts";
import { words } from "../words.ts";
import { LoginForm } from "./login-form.tsx";

interface LoginDialogProps {
  isOpen: boolean;
  onLogin: () => void;
}

/** The login has ended while the page was in use: asked for over the page, which stays as it is. */
export function LoginDialog({ isOpen, onLogin }: LoginDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
    else if (!isOpen) dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      className="m-auto w-96 max-w-[92vw] rounded-xl border border-line bg-panel p-6 text-ink shadow-xl backdrop:bg-black/40"
      // Without a login nothing here can be sent.
      {...withoutEscape}
      onClose={() => isOpen && dialog.current?.showModal()}
    >
      {isOpen ? (
        <LoginForm onLogin={onLogin}>
          <h2 id={`${id}-title`} className="font-semibold text-lg">
            {words.login.ended}
          </h2>
          <p id={`${id}-text`} className="mt-1 text-muted text-sm">
            {words.login.nothingIsLost}
          </p>
        </LoginForm>
      ) : null}
    </dialog>
  );
}
