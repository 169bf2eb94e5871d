"""The detector: what differs between two pictures of a board, as boxes with a type. 0.3 million parameters, stride 8, no anchors."""
import torch
import torch.nn.functional as F
from torch import nn

from pairs import TYPES

STRIDE = 8


def conv(inputs, outputs, stride=1, kernel=3):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs, momentum=0.03), nn.ReLU(inplace=True)
    )


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = conv(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width, momentum=0.03))

    def forward(self, x):
        return F.relu(x + self.second(self.first(x)))


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(8, 16, 2), conv(16, 24, 2), conv(24, 24))
        self.fine = nn.Sequential(conv(24, 48, 2), Residual(48), Residual(48))
        self.coarse = nn.Sequential(conv(48, 64, 2), Residual(64), Residual(64), conv(64, 48, kernel=1))
        self.merge = nn.Sequential(conv(48, 48), conv(48, 48))
        self.head = nn.Conv2d(48, 1 + 4 + len(TYPES), 1)
        nn.init.normal_(self.head.weight, 0, 0.01)
        nn.init.zeros_(self.head.bias)
        self.head.bias.data[0] = -4.6  # a defect is rare: 1 cell in 100
        self.head.bias.data[1:5] = 0.9  # e^0.9 · 8 pixels to each side

    def forward(self, picture, good):
        """[B, 1, H, W] 0..1 each, sides multiples of 16 -> [B, 1 + 4 + types, H/8, W/8]: presence, log of the distances to the four sides, types."""
        fine = self.fine(self.stem(see(picture, good)))
        merged = fine + F.interpolate(self.coarse(fine), scale_factor=2.0, mode="nearest")
        return self.head(self.merge(merged))


def see(picture, good):
    """Both pictures, and where one is darker or brighter than everything within 1, 2 and 4 pixels in the other: true of defects, not of edges that are a little off."""
    channels, darkest, brightest = [picture, good], -good, good
    for more in (1, 1, 2):
        darkest, brightest = (F.max_pool2d(value, 2 * more + 1, 1, more) for value in (darkest, brightest))
        channels += [F.relu(-darkest - picture), F.relu(picture - brightest)]
    return torch.cat(channels, 1)


def centres(cells):
    """Pixel coordinates of the cells' centres, each [1, 1, h, w], whatever h and w are when an exported graph runs."""
    one = torch.ones_like(cells[:1, :1])
    return (one.cumsum(3) - 0.5) * STRIDE, (one.cumsum(2) - 0.5) * STRIDE


def corners(cells):
    """[B, 4, h, w] x1, y1, x2, y2 in pixels."""
    x, y = centres(cells)
    side = torch.exp(cells[:, 1:5].clamp(-2, 4)) * STRIDE
    return torch.cat([x - side[:, 0:1], y - side[:, 1:2], x + side[:, 2:3], y + side[:, 3:4]], 1)


class Exported(nn.Module):
    """What the ONNX file holds: bytes in, the YOLOv8 layout out: [1, 4 + types, N], centre x, centre y, width, height in pixels, then scores.

    Only a cell whose presence is the highest of its 3 × 3 neighbours has scores, and only for its likeliest type: one defect gives one box.
    """

    def __init__(self, detector):
        super().__init__()
        self.detector = detector

    def forward(self, picture, good):
        cells = self.detector(picture.float() / 255, good.float() / 255)
        x1, y1, x2, y2 = corners(cells).split(1, 1)
        presence = torch.sigmoid(cells[:, :1])
        peak = (presence >= F.max_pool2d(presence, 3, 1, 1)).float()
        types = cells[:, 5:]
        scores = presence * peak * (types >= types.amax(1, keepdim=True)).float()
        return torch.cat([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, scores], 1).reshape(1, 4 + len(TYPES), -1)


def loss_of(cells, boxes, ignored):
    """boxes: per example [n, 5]; ignored: per example [n, 4].

    A cell is positive within 1.5 strides of a box's centre (FCOS's centre sampling); of several boxes the smallest owns it. Presence learns the
    overlap that its box has (quality focal loss, Li et al. 2020), the box generalised IoU, the type cross-entropy.
    """
    x, y = (value[0, 0] for value in centres(cells))
    owner = torch.zeros(cells.shape[0], 5, *x.shape)
    positive = torch.zeros(cells.shape[0], *x.shape, dtype=torch.bool)
    weight = torch.ones(cells.shape[0], *x.shape)
    for i in range(len(boxes)):
        for x1, y1, x2, y2 in ignored[i].tolist():
            weight[i][(x > x1 - STRIDE) & (x < x2 + STRIDE) & (y > y1 - STRIDE) & (y < y2 + STRIDE)] = 0
        size = (boxes[i][:, 2] - boxes[i][:, 0]) * (boxes[i][:, 3] - boxes[i][:, 1])
        for box in boxes[i][torch.argsort(size, descending=True)]:
            middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            near = ((x - middle_x).abs() < 1.5 * STRIDE) & ((y - middle_y).abs() < 1.5 * STRIDE)
            near &= (x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])
            positive[i] |= near
            weight[i][near] = 1
            owner[i][:, near] = box[:, None]
    count = max(int(positive.sum()), 1)
    wanted = owner.permute(0, 2, 3, 1)[positive]
    found = corners(cells).permute(0, 2, 3, 1)[positive]
    overlap, generalised = overlaps(found, wanted[:, :4])
    target = torch.zeros_like(weight)
    target[positive] = overlap.detach().clamp(0, 1)
    presence = cells[:, 0]
    focus = (target - torch.sigmoid(presence)).abs().detach() ** 2
    presence_loss = (F.binary_cross_entropy_with_logits(presence, target, reduction="none") * focus * weight).sum() / count
    box_loss = (1 - generalised).sum() / count
    type_loss = F.cross_entropy(cells[:, 5:].permute(0, 2, 3, 1)[positive], wanted[:, 4].long(), reduction="sum") / count
    return presence_loss * 2, box_loss * 1.5, type_loss * 0.3


def overlaps(a, b):
    """IoU and generalised IoU (Rezatofighi et al. 2019) of corresponding boxes [n, 4]."""
    area = lambda box: (box[:, 2] - box[:, 0]).clamp(0) * (box[:, 3] - box[:, 1]).clamp(0)
    inner = area(torch.cat([torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:4], b[:, 2:4])], 1))
    outer = area(torch.cat([torch.minimum(a[:, :2], b[:, :2]), torch.maximum(a[:, 2:4], b[:, 2:4])], 1))
    union = area(a) + area(b) - inner
    iou = inner / union.clamp(1e-6)
    return iou, iou - (outer - union) / outer.clamp(1e-6)
