/** Learn normal: how long training takes and what it costs the flows meanwhile, and how well the learned models find the pump's faults. */
import { trainingTime } from './learn/autoencoder-seconds.ts';
import { pumpFaults } from './learn/pump-faults.ts';

export const parts = [trainingTime, pumpFaults];
