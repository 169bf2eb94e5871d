"""Makes reference.json: what Pillow, numpy and torchvision make of synthetic pictures.

    python3 test/media/reference.py        (Debian: python3-pil, python3-torchvision)

The pictures are made by a formula that the test repeats, so that only the expected values are stored: of each tensor
its dims, the sum of all values, and every STEP-th value.
"""
import json
import pathlib

import numpy as np
import torch
from PIL import Image
from torchvision import transforms as T
from torchvision.transforms import functional as F

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def picture(width, height):
    """Waves, edges and noise of a linear congruential generator; the same in reference.test.ts."""
    out = np.zeros((height, width, 3), np.uint8)
    state = 12345
    for y in range(height):
        for x in range(width):
            state = (state * 1103515245 + 12345) % 2**31
            noise = state // 65536 % 16
            out[y, x] = (
                (x * 3 + y * 2) % 240 + noise,
                (200 if (x // 20 + y // 15) % 2 else 30) + noise,
                (x * y // 40) % 240 + noise,
            )
    return out


def chw(array, bgr=False):
    array = array[..., ::-1] if bgr else array
    return array.astype(np.float64).transpose(2, 0, 1)


def resized(array, width, height, how=Image.BILINEAR):
    return np.asarray(Image.fromarray(array).resize((width, height), how))


def padded(content, width, height, left, top, colour=114):
    out = np.full((height, width, 3), colour, np.uint8)
    out[top : top + content.shape[0], left : left + content.shape[1]] = content
    return out


def normalised(array, mean, std):
    return (array - np.array(mean)[:, None, None]) / np.array(std)[:, None, None]


def letterbox(array, size):
    """ultralytics/data/augment.py, LetterBox (with Pillow's bilinear in place of OpenCV's, which aliases)."""
    height, width = array.shape[:2]
    scale = min(size / height, size / width)
    w, h = round(width * scale), round(height * scale)
    left, top = round((size - w) / 2 - 0.1), round((size - h) / 2 - 0.1)
    content = array if (w, h) == (width, height) else resized(array, w, h)
    return padded(content, size, size, left, top)


def yolox(array, size):
    """Megvii YOLOX, preproc."""
    height, width = array.shape[:2]
    scale = min(size / height, size / width)
    w, h = int(width * scale), int(height * scale)
    return padded(array if (w, h) == (width, height) else resized(array, w, h), size, size, 0, 0)


def ocr_detect(array, how=Image.BILINEAR):
    """PaddleOCR, DetResizeForTest (limit_type max, 960)."""
    height, width = array.shape[:2]
    scale = min(1, 960 / max(height, width))
    w, h = (max(round(int(side * scale) / 32) * 32, 32) for side in (width, height))
    return resized(array, w, h, how)


def imagenet(array, unit=False):
    steps = [T.Resize(256), T.CenterCrop(224), T.ToTensor()] + ([] if unit else [T.Normalize(MEAN, STD)])
    return T.Compose(steps)(Image.fromarray(array)).numpy().astype(np.float64)


cases = []


def case(name, array, tensor, preparation, type_="float32", nhwc=False, step=37):
    tensor = tensor.transpose(1, 2, 0) if nhwc else tensor
    flat = tensor.reshape(-1)
    if type_ == "float16":
        flat = torch.from_numpy(np.ascontiguousarray(flat)).to(torch.float16).double().numpy()
    step = max(step, flat.size // 400 | 1)
    cases.append(
        {
            "name": name,
            "picture": [array.shape[1], array.shape[0]],
            "preparation": preparation,
            "dims": [1, *tensor.shape],
            "sum": round(float(flat.sum()), 3),
            "step": step,
            "values": [round(float(value), 5) for value in flat[::step]],
        }
    )


same, small, wide = picture(224, 224), picture(200, 150), picture(230, 110)
# Each preset, on pictures that are enlarged, shrunk or neither.
for name, array in (("enlarged", small), ("shrunk and enlarged", wide), ("shrunk", picture(250, 250))):
    size = 240
    case(f"imagenet, {name}", array, imagenet(array), {"preset": "imagenet"})
    case(f"imagenet-unit, {name}", array, imagenet(array, unit=True), {"preset": "imagenet-unit"})
    case(f"yolo, {name}", array, chw(letterbox(array, size)) / 255, {"preset": "yolo", "width": size, "height": size})
    case(f"yolox, {name}", array, chw(yolox(array, size), bgr=True), {"preset": "yolox", "width": size, "height": size})
    case(f"ssd-mobilenet, {name}", array, chw(resized(array, 300, 300)) / 127.5 - 1, {"preset": "ssd-mobilenet"})
    case(f"ocr-detect, {name}", array, normalised(chw(ocr_detect(array), bgr=True) / 255, MEAN, STD), {"preset": "ocr-detect"})
    height, width = array.shape[:2]
    line = resized(array, round(width * 48 / height), 48)
    line = padded(line, -(-line.shape[1] // 32) * 32, 48, 0, 0, 127)
    case(f"ocr-read, {name}", array, chw(line, bgr=True) / 127.5 - 1, {"preset": "ocr-read"})
# Each filter.
for kernel, how in (("linear", Image.BILINEAR), ("cubic", Image.BICUBIC), ("lanczos3", Image.LANCZOS)):
    for w, h in ((320, 97), (64, 200)):
        plain = {"fit": "stretch", "width": w, "height": h, "kernel": kernel}
        case(f"{kernel}, {w}×{h}", small, chw(resized(small, w, h, how)) / 255, plain)
# Each type, layout and colour, nothing resized.
for layout in ("nchw", "nhwc"):
    for colour in ("rgb", "bgr", "grey"):
        array = same if colour != "grey" else np.asarray(Image.fromarray(same).convert("L"))[..., None]
        levels = chw(array, bgr=colour == "bgr")
        more = {"width": 224, "height": 224, "layout": layout, "colour": colour}
        mean, std = ([0.45], [0.22]) if colour == "grey" else (MEAN, STD)
        for type_ in ("float32", "float16"):
            expected = normalised(levels / 255, mean, std)
            case(f"{type_} {layout} {colour}", same, expected, {**more, "type": type_, "scale": 1 / 255, "mean": mean, "deviation": std}, type_, layout == "nhwc")
        case(f"uint8 {layout} {colour}", same, levels, {**more, "type": "uint8"}, "uint8", layout == "nhwc")
        case(f"int8 {layout} {colour}", same, levels - 128, {**more, "type": "int8"}, "int8", layout == "nhwc")
# Large pictures are shrunk by libvips: pixel levels are compared, see the test.
big = picture(640, 480)
for kernel, how in (("linear", Image.BILINEAR), ("cubic", Image.BICUBIC), ("lanczos3", Image.LANCZOS)):
    for w, h in ((480, 360), (224, 168), (96, 72)):
        plain = {"fit": "stretch", "width": w, "height": h, "kernel": kernel, "scale": 1}
        case(f"large, {kernel}, {w}×{h}", big, chw(resized(big, w, h, how)), plain)

target = pathlib.Path(__file__).with_name("reference.json")
target.write_text("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in cases) + "\n]\n")
print(len(cases), "cases,", target.stat().st_size, "bytes")
