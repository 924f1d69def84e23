package message

// Session tells the sessions of ESMEs apart, as long as the process runs. The zero Session is none.
type Session uint32
