import assert from 'node:assert/strict';
import {
  motorCurrent,
  operatingFlow,
  pumpHead,
  shaftPower,
  soundVibration,
  suctionPressure,
} from '../../../nodes/ingest/pump/hydraulics.ts';

const close = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

describe('pump hydraulics', () => {
  it('delivers 100 m³/h against 32 m at nominal speed and demand', () => {
    const flow = operatingFlow(1, 1, 6);
    close(flow, 100, 1e-9);
    close(pumpHead(1, flow), 32, 1e-9);
  });

  it('follows the affinity laws at the same loading: H ∝ n², P ∝ n³', () => {
    for (const speed of [0.6, 0.8, 1.1]) {
      close(pumpHead(speed, 90 * speed) / pumpHead(1, 90), speed ** 2, 1e-9);
      close(shaftPower(speed, 90 * speed) / shaftPower(1, 90), speed ** 3, 1e-9);
    }
  });

  it('gives flow ∝ speed where the system has no static head', () => {
    const level = 14; // lifts the whole way: what is left is resistance
    close(operatingFlow(0.8, 1, level) / operatingFlow(1, 1, level), 0.8, 1e-9);
  });

  it('lies on both curves at the operating point', () => {
    const flow = operatingFlow(1.05, 0.8, 5);
    const resistance = 32 / 80 ** 2 - 8 / 100 ** 2;
    close(pumpHead(1.05, flow), 9 + resistance * flow ** 2, 1e-9);
  });

  it('delivers nothing where the head does not reach the consumer', () => {
    assert.equal(operatingFlow(0.3, 1, 6), 0);
  });

  it('converts hydraulic to shaft power at 74 % at the best-efficiency point', () => {
    const hydraulic = (998 * 9.81 * (100 / 3600) * 32) / 1000;
    close(hydraulic / shaftPower(1, 100), 0.74, 0.01);
  });

  it('draws less current the less it delivers, and never less than the motor needs for itself', () => {
    const currents = [0, 30, 60, 90, 120].map((flow) => motorCurrent(1, shaftPower(1, flow)));
    for (let at = 1; at < currents.length; at++) assert.ok((currents[at] as number) > (currents[at - 1] as number));
    assert.ok((currents[0] as number) > 10 && (currents[4] as number) < 28, String(currents));
  });

  it('vibrates least at the best-efficiency flow, inside zone A of ISO 10816-7 (3.2 mm/s) over the healthy range', () => {
    for (const flow of [60, 80, 120, 130]) assert.ok(soundVibration(1, flow) > soundVibration(1, 100), String(flow));
    for (const flow of [60, 100, 135]) assert.ok(soundVibration(1.08, flow) < 3.2, String(flow));
  });

  it('loses suction pressure with the square of the flow', () => {
    close((suctionPressure(6, 0) - suctionPressure(6, 120)) / (suctionPressure(6, 0) - suctionPressure(6, 60)), 4, 1e-9);
  });
});
