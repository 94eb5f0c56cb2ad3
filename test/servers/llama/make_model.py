"""Writes a tiny language model for llama.cpp: one layer that adds nothing, so that the next character hangs on the last
one alone. It has read one text. Usage: make_model.py <file.gguf> <text file>"""

import math
import sys

import gguf
import numpy as np

CONTROL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|ready|>"]
UNKNOWN, BEGIN, END, TURN_BEGIN, TURN_END, READY = range(6)
MARKS = ["<tool_call>", "</tool_call>"]
CALL_BEGIN, CALL_END = 6, 7
FIRST_BYTE = len(CONTROL) + len(MARKS)
VOCABULARY = FIRST_BYTE + 256
WIDTH = 384
HEADS = 6
INNER = 32
CONTEXT = 8192

# A string of JSON that never ended would be no call: so much of what follows any character is a quote.
QUOTE_SHARE = 0.12
# How likely an answer ends behind a full stop, in units of characters that were read.
STOP_WEIGHT = 6.0
UNSEEN_WEIGHT = 1e-4

# The form of calls that llama.cpp knows from the Hermes and Qwen models: it then forces them by a grammar.
TEMPLATE = r"""
{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}{{- messages[0]['content'] }}{%- endif %}
    {{- "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>" }}
    {%- for tool in tools %}{{- "\n" }}{{- tool | tojson }}{%- endfor %}
    {{- "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call><|im_end|>\n" }}
{%- elif messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}{{- '\n' + message.content }}{%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}{%- set tool_call = tool_call.function %}{%- endif %}
            {{- '\n<tool_call>\n{"name": "' }}{{- tool_call.name }}{{- '", "arguments": ' }}{{- tool_call.arguments | tojson }}{{- '}\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\n' }}
    {%- elif message.role == "tool" %}
        {{- '<|im_start|>user\n<tool_response>\n' }}{{- message.content }}{{- '\n</tool_response><|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if tools and messages[-1].role != "tool" %}{{- '<|ready|>' }}{%- endif %}
{%- endif %}
"""


def next_character_weights(text: bytes) -> np.ndarray:
    weights = np.full((VOCABULARY, VOCABULARY), UNSEEN_WEIGHT)
    for last, following in zip(text, text[1:]):
        weights[FIRST_BYTE + last, FIRST_BYTE + following] += 1
    # What is no character begins a sentence; a sentence may be the last one.
    starts = weights[FIRST_BYTE + ord("\n")].copy()
    for token in (*range(FIRST_BYTE), FIRST_BYTE + ord("\n")):
        weights[token] = starts
    # Whoever has tools uses them; what they answered is talked about.
    for last, following in ((READY, CALL_BEGIN), (CALL_BEGIN, FIRST_BYTE + ord("\n")), (CALL_END, TURN_END)):
        weights[last] = UNSEEN_WEIGHT
        weights[last, following] = 1e6
    weights[:, FIRST_BYTE + ord('"')] += weights.sum(axis=1) * QUOTE_SHARE
    weights[FIRST_BYTE + ord("."), TURN_END] += STOP_WEIGHT * 10
    weights[:, TURN_END] += UNSEEN_WEIGHT
    return weights / weights.sum(axis=1, keepdims=True)


def main(target: str, source: str) -> None:
    with open(source, "rb") as file:
        text = bytes(byte for byte in file.read() if byte in b"\n" or 32 <= byte < 127)
    writer = gguf.GGUFWriter(target, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([*CONTROL, *MARKS, *(f"<0x{byte:02X}>" for byte in range(256))])
    writer.add_token_scores([0.0] * VOCABULARY)
    kinds = [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * (len(CONTROL) - 1), *[gguf.TokenType.USER_DEFINED] * len(MARKS), *[gguf.TokenType.BYTE] * 256]
    writer.add_token_types(kinds)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(TURN_END)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)

    embedding = np.zeros((VOCABULARY, WIDTH), dtype=np.float32)
    embedding[np.arange(VOCABULARY), np.arange(VOCABULARY)] = 1
    # The norm makes the one that is not zero this large.
    scale = math.sqrt(WIDTH)
    output = np.zeros((VOCABULARY, WIDTH), dtype=np.float32)
    output[:, :VOCABULARY] = np.log(next_character_weights(text)).T / scale
    ones = np.ones(WIDTH, dtype=np.float32)
    square = np.zeros((WIDTH, WIDTH), dtype=np.float32)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", ones)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("blk.0.attn_norm.weight", ones)
    writer.add_tensor("blk.0.ffn_norm.weight", ones)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", square)
    for name in ("ffn_gate", "ffn_up"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((INNER, WIDTH), dtype=np.float32))
    writer.add_tensor("blk.0.ffn_down.weight", np.zeros((WIDTH, INNER), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
