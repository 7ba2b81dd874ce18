"""What a human may choose, one module a component: plain pydantic, so that tools read a stack file in no time.

Nothing here imports pulumi. A validator raises ``ValueError("<what is wrong>; <what is allowed or what to do>")``:
the stack file's report puts the key in front and the value between. A validator never quotes a value itself,
which keeps secrets out of every message. A setting that is a secret has the type ``pydantic.SecretStr``.
"""
