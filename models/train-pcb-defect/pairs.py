"""Pairs of board pictures with labelled defects (DeepPCB, MIT: github.com/tangsanli5201/DeepPCB), and the crops that train.

A pair is two grey pictures of the same size, uint8, copper dark: the board under test and a good one.
A box is [x1, y1, x2, y2, type] in pixels, type 0..5 as in TYPES.
"""
import glob
import os

import cv2
import numpy as np

TYPES = ["open", "short", "mousebite", "spur", "spurious-copper", "pin-hole"]
# What a defect turns into where copper and gap change places.
INVERTED = np.array([1, 0, 3, 2, 5, 4])


def read_group(folder, group):
    """All pairs of one group: a list of (picture, good, boxes)."""
    pairs = []
    for path in sorted(glob.glob(os.path.join(folder, f"group{group}", group, "*_test.jpg"))):
        name = os.path.basename(path)[: -len("_test.jpg")]
        with open(os.path.join(folder, f"group{group}", f"{group}_not", f"{name}.txt")) as labels:
            boxes = [[float(value) for value in line.replace(",", " ").split()] for line in labels if line.strip()]
        boxes = np.array(boxes, np.float32).reshape(-1, 5)
        boxes[:, 4] -= 1
        pairs.append((cv2.imread(path, 0), cv2.imread(path.replace("_test", "_temp"), 0), boxes))
    return pairs


def random_crop(pair, size, random):
    """One training example: (picture, good: uint8 [size, size]; boxes; regions to ignore [n, 4]).

    Mostly around a defect. Of a defect that the edge cuts, what is left counts when it is the larger part, and is ignored otherwise.
    """
    picture, good, boxes = pair
    height, width = picture.shape
    if len(boxes) and random.random() < 0.85:
        # Shorts are the hardest to see among copper that lies close anyway.
        often = np.where(boxes[:, 4] == TYPES.index("short"), 1.7, 1.0)
        box = boxes[random.choice(len(boxes), p=often / often.sum())]
        x, y = (box[:2] + box[2:4]) / 2 - random.uniform(0.1, 0.9, 2) * size
    else:
        x, y = random.uniform(0, width - size), random.uniform(0, height - size)
    x, y = int(np.clip(x, 0, width - size)), int(np.clip(y, 0, height - size))
    good = misplaced(good, x, y, size, random)
    picture = picture[y : y + size, x : x + size]

    clipped = boxes.copy()
    clipped[:, :4] = np.clip(clipped[:, :4] - [x, y, x, y], 0, size)
    area = lambda b: np.maximum(b[:, 2] - b[:, 0], 0) * np.maximum(b[:, 3] - b[:, 1], 0)
    seen = area(clipped) / np.maximum(area(boxes), 1)
    return (*augment(picture, good, clipped[seen > 0.6], clipped[(seen > 0) & (seen <= 0.6)][:, :4], size, random),)


def misplaced(good, x, y, size, random):
    """The same place of the good board, off by as much as a fixture leaves: often by pixels, now and then turned or nearer to the camera."""
    if random.random() < 0.5:
        return good[y : y + size, x : x + size]
    off = random.integers(-2, 3, 2) if random.random() < 0.5 else random.integers(-6, 7, 2)
    turned = random.random() < 0.5
    angle, scale = (random.uniform(-0.6, 0.6), random.uniform(0.99, 1.01)) if turned else (0.0, 1.0)
    there = cv2.getRotationMatrix2D((x + size / 2, y + size / 2), angle, scale)
    there[:, 2] += off - np.array([x, y])
    moved = cv2.warpAffine(good, there, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(moved > 127, 255, 0).astype(np.uint8) if turned else moved


def augment(picture, good, boxes, ignored, size, random):
    """The eight turns and mirrors, copper and gap exchanged, and what cameras, light and files do to each picture by itself."""
    boxes, ignored = boxes.copy(), ignored.copy()
    if random.random() < 0.5:
        picture, good = picture[:, ::-1], good[:, ::-1]
        for b in (boxes, ignored):
            b[:, [0, 2]] = size - b[:, [2, 0]]
    if random.random() < 0.5:
        picture, good = picture[::-1], good[::-1]
        for b in (boxes, ignored):
            b[:, [1, 3]] = size - b[:, [3, 1]]
    if random.random() < 0.5:
        picture, good = picture.T, good.T
        for b in (boxes, ignored):
            b[:, :4] = b[:, [1, 0, 3, 2]]
    if random.random() < 0.25:
        picture, good = 255 - picture, 255 - good
        boxes[:, 4] = INVERTED[boxes[:, 4].astype(int)]
    # One light for both, mostly; a little of its own for each.
    dark, bright = (random.uniform(0, 70), random.uniform(150, 255)) if random.random() < 0.5 else (0, 255)
    return degrade(picture, dark, bright, random), degrade(good, dark, bright, random), boxes, ignored


def degrade(picture, dark, bright, random):
    if random.random() < 0.15:  # etched a little more or less
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
        picture = (cv2.erode if random.random() < 0.5 else cv2.dilate)(np.ascontiguousarray(picture), kernel)
    value = picture.astype(np.float32)
    if random.random() < 0.25:
        value = cv2.GaussianBlur(value, (0, 0), random.uniform(0.4, 1.3))
    value = dark + value / 255 * (bright - dark)
    if random.random() < 0.5:
        value = value * random.uniform(0.8, 1.2)
    if random.random() < 0.25:
        value += random.normal(0, random.uniform(2, 12), value.shape)
    value = np.clip(value, 0, 255).astype(np.uint8)
    if random.random() < 0.2:
        value = cv2.imdecode(cv2.imencode(".jpg", value, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(40, 90))])[1], 0)
    return value
