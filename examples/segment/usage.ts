// What the command line of segmentation can be told, for those who ask.

import { deviceNames } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import { connectionWords } from "./connections.ts";
import { layouts } from "./data.ts";

const { lossNames, networkNames } = Segmentation;

/** What --help prints. */
export const usage = `Trains and uses networks that tell what each pixel of a picture shows.

  npm run segment -- train [options]              trains, judges, and draws what was found
  npm run segment -- evaluate --model FILE        judges a network that was trained
  npm run segment -- predict --model FILE IMAGE…  paints what each pixel of pictures shows over them

  --device NAME       where to run: ${deviceNames.join(", ")} (cpu);
                      gpu and auto find the best that runs here
  --software          gpu and auto may take a software rasteriser for a graphics card
  --folder FOLDER     where everything is written; training goes on from what lies there
                      (train: runs/segment; evaluate: nowhere; predict: beside each image)
  --json              one JSON line instead of text; of predict one for each image
  --help              this text

train, evaluate:
  --data FOLDER       pictures to learn from (default: street scenes that the program draws itself)
  --layout NAME       of that folder: ${layouts.join(", ")} (camvid); docs/pictures.md describes them;
                      folders: classes.txt, and images and masks in each of train, val and test
  --reduce N          make the pictures of that folder smaller by this factor (1)
  --size HxW          height and width of pictures (those of the first one); smaller ones are padded,
                      larger ones cut in training and else refused; scenes are drawn so
  --batch N           pictures in a batch (4)
  --scenes N          how many scenes to draw to learn from, without --data only (240)
  --quick             a small run in seconds, to see that everything works: 48 scenes, 2 epochs, width 8

train:
  --network NAME      ${networkNames.join(", ")} (segnet-small)
  --width N           filters of the first stage (16)
  --connections LIST  what carries detail past the sampling down: ${connectionWords}
                      (all; unet has its own)
  --loss NAME         ${lossNames.join(", ")} (balanced)
  --epochs N          passes over the training part (10)
  --rate X            highest learning rate (0.004)
  --seed N            of the weights, the shuffles and the augmentation (0)
  --no-augment        learn from the pictures as they are
  --precision NAME    what is stored between kernels: f32, bf16, f16 (f32)
  --recompute         compute what is inside of blocks again in the backward pass, for less memory

evaluate, predict:
  --model FILE        network.safetensors in the folder of a training run

evaluate:
  --part NAME         which part to judge: train, val, test (test)

Every picture of a folder is read before training begins, so that a damaged one is noticed then.
Ctrl-C ends training with a checkpoint; the same command goes on from there. So it does after a crash.`;
