package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/numbering"
)

func demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show it all in one process: gateway, NATS, SMSC, handsets, ESME",
		Long: `Starts a gateway, an embedded NATS server, an SMSC with handsets and an ESME on
free ports, and first prints the address of the console. The ESME sends messages, by
element, by § in GSM text and by □ in Chinese text; a handset opens them, and the ESME
learns that they were read. If its own list of them ever differs from the gateway's,
exit 1. It goes on, a message every second, until Ctrl-C. The messages of one handset
are for you: open them on the console's page Handsets.`,
		Args: cobra.NoArgs,
	}
	once := cmd.Flags().Bool("once", false, "one message of each kind, then exit 0; 1 if something did not come")
	var addrs demoAddrs
	cmd.Flags().StringVar(&addrs.reads, "http", "127.0.0.1:0", "address for read responses over HTTP")
	cmd.Flags().StringVar(&addrs.ops, "console", "127.0.0.1:0", "address of the console, and of all else of ops.addr")
	verbose := cmd.Flags().Bool("verbose", false, "show the gateway's log, too")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		log := slog.New(slog.DiscardHandler)
		if *verbose {
			log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
		}
		w, err := newWorld(&transcript{out: cmd.OutOrStdout()}, addrs, log)
		if err != nil {
			return err
		}
		defer w.remove()
		return w.run(cmd.Context(), *once)
	}
	return cmd
}

// demoAddrs are addresses of the demo's gateway.
type demoAddrs struct{ reads, ops string }

// demoConfig is the configuration of the demo's gateway. All messages are tracked, and the
// second account uses the other carriage.
func demoConfig(store, smsc string, addrs demoAddrs) config.Config {
	cfg := config.Default()
	cfg.Listen.Addr, cfg.Ops.Addr, cfg.Reads.Addr = "127.0.0.1:0", addrs.ops, addrs.reads
	cfg.SMSC.Addr = smsc
	cfg.Relay.Store = store
	cfg.Track.When = numbering.All
	text := cfg.Account(markerAccount)
	text.Track.Carriage = numbering.ByMarker
	cfg.Accounts = map[string]config.Account{markerAccount: text}
	return cfg
}

// The demo's accounts and their addresses.
const (
	elementAccount = "demo"
	markerAccount  = "demo-text"
	demoSender     = "10690001"
)

// exchangeTime is how long the feedback on a message may take.
const exchangeTime = 10 * time.Second

// run starts all parts of the demo and exchanges messages.
func (w *world) run(ctx context.Context, once bool) error {
	w.log.note("The console, with handsets whose messages you can open: http://%s/console/\n", w.service.Ops())
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- w.serve(ctx) }()
	err := w.converse(ctx, once)
	w.unbindESMEs()
	cancel()
	if stopErr := <-stopped; err == nil {
		err = stopErr
	}
	return err
}

// converse binds the ESMEs and sends messages: one of each kind, or on and on.
func (w *world) converse(ctx context.Context, once bool) error {
	if err := w.bindESMEs(ctx); err != nil {
		return err
	}
	w.log.note("readback demo: ESME ─ gateway %s ─ SMSC %s ─ handsets; read responses to http://%s/v1/reads\n",
		w.service.ESMEs(), w.smscAddr, w.service.Reads())
	for i := range kinds {
		if err := w.exchange(ctx, demoMessage{n: i, to: receiver(i), read: true}); err != nil {
			return err
		}
		w.log.note("")
	}
	if once {
		w.log.note("all three kinds work: by element, by § in GSM text, by □ in Chinese text")
		return nil
	}
	for i := range kinds {
		if err := w.exchange(ctx, demoMessage{n: len(kinds) + i, to: yours}); err != nil {
			return err
		}
	}
	w.log.note(`
A message every second from here on; every fifth is left unread. Messages to %[6]s wait until you open
them on http://%[4]s/console/handsets. Meanwhile, try:

  curl -s http://%[1]s/v1/conversations/%[2]s/%[3]s
  curl -s -d '{"receiver":"%[3]s","sender":"%[2]s","number":3}' http://%[1]s/v1/reads
  curl -s http://%[4]s/metrics | grep ^readback_
  curl -s http://%[4]s/readyz
  bind an ESME of yours to %[5]s with any credentials

Ctrl-C ends it.
`, w.service.Reads(), demoSender, receiver(0), w.service.Ops(), w.service.ESMEs(), yours)
	return w.goOn(ctx)
}

// goOn sends a message every second until ctx ends.
func (w *world) goOn(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 2 * len(kinds); ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		m := demoMessage{n: n, to: receiver(n), read: n%5 != 0}
		if n%yourTurn == 0 {
			m.to, m.read = yours, false
		}
		err := w.exchange(ctx, m)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, errLists):
			return err
		case err != nil:
			w.log.note("%v", err)
		}
	}
}

// The handset whose messages only a person opens, and how many messages there are from one to the next.
const (
	yours    = "447700900100"
	yourTurn = 20
)

// receiver returns the receiver of message n. There are only a few, so that conversations
// grow.
func receiver(n int) string { return fmt.Sprintf("44770090010%d", n%4+1) }

// tempStore creates the directory of the demo's ledger.
func tempStore() (string, error) { return os.MkdirTemp("", "readback-demo-") }
