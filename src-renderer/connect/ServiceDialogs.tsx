import type { ReactNode } from 'react';
import type { Prompt } from '../../src-main/api/contract';
import type { StatusObject } from '../../src-core/connection/status';
import { useApp } from '../store';
import { ClientCertificateDialog, ServerCertificateDialog } from './CertificateDialogs';
import { CredentialsDialog } from './CredentialsDialog';
import { ErrorDialog, FailureDialog } from './ErrorDialog';
import { ProgressDialog } from './ProgressDialog';

export function PromptDialog({ prompt }: { readonly prompt: Prompt }): ReactNode {
  switch (prompt.type) {
    case 'credentials':
      return <CredentialsDialog prompt={prompt} />;
    case 'server-certificate':
      return <ServerCertificateDialog prompt={prompt} />;
    case 'client-certificate':
      return <ClientCertificateDialog prompt={prompt} />;
  }
}

type Said = { readonly type: 'progress' | 'error'; readonly status: StatusObject } | null;

/**
 * What one connection wants to say by itself: progress, or why it failed. Nothing while a question is open, nor after a
 * cancel.
 */
function said(
  status: StatusObject | undefined,
  asking: boolean,
  dismissedSince: string | undefined,
  showProgress: boolean,
): Said {
  if (status === undefined || asking) return null;
  if (status.state === 'Connecting') return showProgress ? { type: 'progress', status } : null;
  const failed = status.state === 'Disconnected' && status.error !== null && status.error.symbol !== 'CANCELLED';
  return failed && dismissedSince !== status.since ? { type: 'error', status } : null;
}

function useSaid(name: string): Said {
  const status = useApp((state) => state.statuses[name]);
  const asking = useApp((state) => state.prompts.some((prompt) => prompt.connection === name));
  const dismissedSince = useApp((state) => state.dismissed[name]);
  const showProgress = useApp(
    (state) => state.profiles.find((profile) => profile.name === name)?.dialing.showProgress ?? true,
  );
  return said(status, asking, dismissedSince, showProgress);
}

/** Whether the connection has a question, progress or an error to show. */
export function useHasDialog(name: string): boolean {
  const asking = useApp((state) => state.prompts.some((prompt) => prompt.connection === name));
  return useSaid(name) !== null || asking;
}

/** The dialogs of one connection. */
export function ConnectionDialogs({ name }: { readonly name: string }): ReactNode {
  const prompts = useApp((state) => state.prompts);
  const now = useSaid(name);
  return (
    <>
      {now?.type === 'progress' && <ProgressDialog status={now.status} />}
      {now?.type === 'error' && now.status.error !== null && (
        <ErrorDialog key={now.status.since} status={now.status} error={now.status.error} />
      )}
      {prompts
        .filter((prompt) => prompt.connection === name)
        .map((prompt) => (
          <PromptDialog key={prompt.id} prompt={prompt} />
        ))}
    </>
  );
}

/** Names of the connections that may have something to say; the same text as long as it is the same connections. */
function useSpeaking(): readonly string[] {
  const names = useApp((state) =>
    JSON.stringify(
      state.profiles.flatMap(({ name, dialing }) =>
        said(state.statuses[name], false, state.dismissed[name], dialing.showProgress) !== null ||
        state.prompts.some((prompt) => prompt.connection === name)
          ? [name]
          : [],
      ),
    ),
  );
  return JSON.parse(names) as string[];
}

/** Dialogs that follow from the service's state; they come back by themselves after a reload. */
export function ServiceDialogs(): ReactNode {
  const names = useSpeaking();
  return (
    <>
      {names.map((name) => (
        <ConnectionDialogs key={name} name={name} />
      ))}
      <FailureDialog />
    </>
  );
}
