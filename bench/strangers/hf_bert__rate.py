# fault: a learning rate of 0.3 for a transformer
# causes: learning_rate_too_high
import os
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import numpy as np
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)

set_seed(0)
rng = np.random.default_rng(0)


def make(n):
    rows = []
    for _ in range(n):
        label = int(rng.integers(2))
        ids = rng.integers(10, 60, 12)
        # the word 5 says 1, the word 6 says 0
        ids[rng.integers(1, 12)] = 5 if label else 6
        ids[0] = 1
        rows.append({"input_ids": ids.tolist(), "attention_mask": [1] * 12, "labels": label})
    return rows


def metrics(pred):
    return {"accuracy": float((pred.predictions.argmax(-1) == pred.label_ids).mean())}


config = BertConfig(
    vocab_size=64,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=64,
    max_position_embeddings=16,
    num_labels=2,
)
model = BertForSequenceClassification(config)
with tempfile.TemporaryDirectory() as folder:
    args = TrainingArguments(
        folder,
        num_train_epochs=6,
        per_device_train_batch_size=32,
        learning_rate=0.3,
        report_to=[],
        save_strategy="no",
        eval_strategy="epoch",
        logging_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
        seed=0,
    )
    trainer = Trainer(
        model, args, train_dataset=make(1280), eval_dataset=make(200), compute_metrics=metrics
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    final = trainer.evaluate()
print(round(final["eval_loss"], 6), final["eval_accuracy"])
