import { Fragment, type ReactNode } from 'react';
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

/** What one connection wants to say by itself: progress, or why it failed. Nothing while a question is open, nor after a cancel. */
function ConnectionDialog({ status, asking, dismissed }: { readonly status: StatusObject; readonly asking: boolean; readonly dismissed: boolean }): ReactNode {
  if (asking) return null;
  if (status.state === 'Connecting') return <ProgressDialog status={status} />;
  if (status.state === 'Disconnected' && status.error !== null && status.error.symbol !== 'CANCELLED' && !dismissed) {
    return <ErrorDialog key={status.since} status={status} error={status.error} />;
  }
  return null;
}

/** Dialogs that follow from the service's state; they come back by themselves after a reload. */
export function ServiceDialogs(): ReactNode {
  const prompts = useApp((state) => state.prompts);
  const statuses = useApp((state) => state.statuses);
  const dismissed = useApp((state) => state.dismissed);
  return (
    <>
      {Object.values(statuses).map((status) => (
        <Fragment key={status.connection}>
          <ConnectionDialog
            status={status}
            asking={prompts.some((prompt) => prompt.connection === status.connection)}
            dismissed={dismissed[status.connection] === status.since}
          />
        </Fragment>
      ))}
      {prompts.map((prompt) => (
        <PromptDialog key={prompt.id} prompt={prompt} />
      ))}
      <FailureDialog />
    </>
  );
}
