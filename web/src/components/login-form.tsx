import { Button } from "countersign/react";
import { type ReactNode, useId, useState } from "react";
import { login } from "../lib/api.ts";
import { words } from "../words.ts";

interface LoginFormProps {
  /** What stands above the box. */
  children: ReactNode;
  onLogin: () => void;
}

/** Asks for the token the server was started with. */
export function LoginForm({ children, onLogin }: LoginFormProps) {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const id = useId();
  async function send(): Promise<void> {
    if (token === "" || isSending) return;
    setSending(true);
    const problem = await login(token);
    setSending(false);
    setError(problem);
    if (problem === null) onLogin();
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {children}
      <label className="mt-4 mb-1 block text-sm" htmlFor={id}>
        {words.login.token}
      </label>
      <input
        id={id}
        type="password"
        autoComplete="current-password"
        // biome-ignore lint/a11y/noAutofocus: there is nothing else to do here
        autoFocus
        aria-describedby={error ? `${id}-error` : undefined}
        aria-invalid={error !== null}
        className="w-full rounded-lg border border-strong bg-bg px-2.5 py-1.5"
        value={token}
        onChange={(event) => setToken(event.target.value)}
      />
      {error ? (
        <p id={`${id}-error`} role="alert" className="mt-2 text-bad text-sm">
          {error}
        </p>
      ) : null}
      <Button type="submit" kind="primary" className="mt-4 w-full" disabled={token === "" || isSending}>
        {words.login.submit}
      </Button>
    </form>
  );
}
