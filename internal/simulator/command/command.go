// Package command runs the simulators as commands: what `readback sim` does.
package command

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"readback/handset"
	"readback/internal/simulator"
	"readback/internal/simulator/control"
	"readback/internal/simulator/scenario"
)

// SMSC is what `sim smsc` does.
type SMSC struct {
	Addr    string // to listen on; port 0 takes a free one
	Control string // to listen on for package control; empty: none
	Reads   string // URL that handsets post read responses to, such as http://127.0.0.1:8080/v1/reads
	APIKey  string // for Reads
	Sink    bool   // no handsets: messages are answered and forgotten
	Verbose bool   // prints each message that reaches a handset
	Files   Files
	Failure Failure
	Seed    uint64 // of probabilities; zero takes any. A scenario that has one overrides it
	Out     io.Writer
	SMSC    simulator.Options        // Network is filled in
	Handset simulator.HandsetOptions // Respond and OnMessage are filled in
}

// RunSMSC runs an SMSC with its handsets until ctx ends. It prints where it
// listens.
func RunSMSC(ctx context.Context, cmd SMSC) error {
	out := &printer{w: cmd.Out}
	if cmd.Reads != "" {
		cmd.Handset.Respond = simulator.HTTPReads(cmd.Reads, cmd.APIKey)
	}
	if cmd.Verbose {
		cmd.Handset.OnMessage = out.message
	}
	if !cmd.Sink {
		cmd.SMSC.Network = simulator.NewNetwork(cmd.Handset)
	}
	if err := cmd.SMSC.Validate(); err != nil {
		return fmt.Errorf("--%w", err)
	}
	play, behind, err := cmd.scenario()
	if err != nil {
		return err
	}
	ln, err := cmd.Files.listen(cmd.Addr)
	if err != nil {
		return err
	}
	smsc, stage := scenario.NewSMSC(cmd.SMSC, play, cmd.seed(), behind...)
	if rules := stage.Play().Counts(); play != nil || len(rules) > 0 {
		out.printf("scenario of %d rules, seed %d\n", len(rules), stage.Play().Seed())
	}
	group, ctx := errgroup.WithContext(ctx)
	out.printf("smsc listens on %v\n", ln.Addr())
	group.Go(func() error { return smsc.Serve(ctx, ln) })
	if cmd.Control != "" {
		ln, err := net.Listen("tcp", cmd.Control)
		if err != nil {
			group.Go(func() error { return err }) // ends the SMSC, too
			return group.Wait()
		}
		out.printf("control listens on http://%v\n", ln.Addr())
		group.Go(func() error { return control.Serve(ctx, ln, smsc, stage) })
	}
	return group.Wait()
}

// Handset is what `sim handset` does: with Control it lists the inbox of
// Receiver, or opens one message of it; with Reads it sends a read response
// without an SMSC.
type Handset struct {
	Control  string // address or URL of the control of `sim smsc`
	Reads    string // URL for read responses
	APIKey   string // for Reads
	Receiver string
	Sender   string // for Reads
	Number   uint16 // for Reads
	Proof    string // for Reads, hex; may be empty
	Index    int    // for Control: the message to open; zero lists
	Deleted  bool   // deletes unread rather than opens
	Out      io.Writer
}

// RunHandset does one step of a handset and prints what came of it.
func RunHandset(ctx context.Context, cmd Handset) error {
	out := &printer{w: cmd.Out}
	switch {
	case cmd.Receiver == "":
		return errors.New("handset: a receiver is needed")
	case (cmd.Control == "") == (cmd.Reads == ""):
		return errors.New("handset: either a control or a URL for read responses is needed")
	case cmd.Reads != "":
		return cmd.respond(ctx, out)
	case cmd.Index > 0:
		if err := (control.Client{URL: cmd.Control}).Open(ctx, cmd.Receiver, cmd.Index, cmd.Deleted); err != nil {
			return err
		}
		out.printf("%s opened message %d\n", cmd.Receiver, cmd.Index)
		return nil
	}
	messages, err := control.Client{URL: cmd.Control}.Messages(ctx, cmd.Receiver, 0)
	if err != nil {
		return err
	}
	for _, m := range messages {
		out.inbox(cmd.Receiver, m)
	}
	return nil
}

// respond sends a read response of the command's own words.
func (cmd Handset) respond(ctx context.Context, out *printer) error {
	status := handset.Read
	if cmd.Deleted {
		status = handset.DeletedUnread
	}
	err := simulator.HTTPReads(cmd.Reads, cmd.APIKey)(ctx, handset.Response{
		Receiver: cmd.Receiver, Sender: cmd.Sender, Number: cmd.Number, Status: status,
		ReadAt: time.Now(), Proof: cmd.Proof,
	})
	if err == nil {
		out.printf("read response of %s to number %03d of %s: accepted\n", cmd.Receiver, cmd.Number, cmd.Sender)
	}
	return err
}

// printer prints whole lines from many goroutines.
type printer struct {
	mu sync.Mutex
	w  io.Writer
}

func (p *printer) printf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintf(p.w, format, args...) // a closed pipe ends the process by itself
}

func (p *printer) message(to string, m simulator.Message) { p.inbox(to, control.NewInboxMessage(m)) }

// inbox prints one message: when, from whom to whom, its number and how it came.
func (p *printer) inbox(to string, m control.InboxMessage) {
	number := "no number"
	if m.Number != nil {
		number = fmt.Sprintf("number %03d by %s", *m.Number, m.Carriage)
	}
	if element, err := hex.DecodeString(m.Element); err == nil && len(element) > 0 {
		number += fmt.Sprintf(" % X", element)
	}
	p.printf("%s  %s → %s  %d. %s  %q\n", m.At.Format("15:04:05.000"), m.From, to, m.Index, number, m.Text)
}
