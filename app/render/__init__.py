"""From a thread to a document: finished bytes and what an HTTP answer says about them."""
