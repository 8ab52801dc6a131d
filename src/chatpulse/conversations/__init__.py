"""Events to rows: what is known of one conversation, and what it contributes."""
