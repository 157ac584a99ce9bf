export { createInitiatorSession } from './initiator-session';
export { createResponder } from './responder';
