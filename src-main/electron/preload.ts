import { contextBridge } from 'electron';
contextBridge.exposeInMainWorld('agileVpn', {});
