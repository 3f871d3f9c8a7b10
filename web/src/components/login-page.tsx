import { words } from "../words.ts";
import { LoginForm } from "./login-form.tsx";

/** The app's door. */
export function LoginPage({ onLogin }: { onLogin: () => void }) {
  return (
    <main className="flex h-full items-center justify-center p-4">
      <div className="w-96 max-w-full rounded-xl border border-line bg-panel p-6">
        <LoginForm onLogin={onLogin}>
          <h1 className="flex items-center gap-2 font-semibold text-lg">
            <img src="/icon.svg" alt="" className="size-6" />
            {words.login.title}
          </h1>
        </LoginForm>
      </div>
    </main>
  );
}
