package command

import (
	"context"
	"encoding/json"
	"io"
	"runtime"

	"readback/internal/simulator/load"
)

// RunLoad runs a load and prints its result, which is also there if it failed.
func RunLoad(ctx context.Context, opt load.Options, w io.Writer) error {
	r, err := load.Run(ctx, opt)
	if r.Sent > 0 {
		(&printer{w: w}).printf("%v", r)
	}
	return err
}

// RunLoadJSON runs a load and prints two lines of JSON: the messages that were accepted, when all are
// answered, and the result at the end.
func RunLoadJSON(ctx context.Context, opt load.Options, w io.Writer) error {
	if opt.Rate > 0 {
		// Each session waits in a system call. One that returns must not wait for a processor of Go's scheduler.
		runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), min(opt.Binds, 64)+2))
	}
	out := &printer{w: w}
	opt.OnAnswered = func(r load.Result) { out.json(r) }
	r, err := load.Run(ctx, opt)
	out.json(r)
	return err
}

// RunReads sends read responses and prints the result as a line of JSON.
func RunReads(ctx context.Context, opt load.ReadsOptions, w io.Writer) error {
	r, err := load.Reads(ctx, opt)
	(&printer{w: w}).json(r)
	return err
}

// json prints v in one line.
func (p *printer) json(v any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = json.NewEncoder(p.w).Encode(v) // a closed pipe ends the process by itself
}
