function decodeUplink() { for (;;) {} }
