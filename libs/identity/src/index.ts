export { CLIENT_IP, Identity } from './identity.js';
export { IdentityModule } from './identity.module.js';
export { SessionsService } from './sessions.service.js';
