export { DEVICE_LOGIN_SECONDS, type DeviceLogin, DeviceLoginsService } from './device-logins.service.js';
export { CLIENT_IP, Identity } from './identity.js';
export { IdentityModule } from './identity.module.js';
export { SessionsService } from './sessions.service.js';
