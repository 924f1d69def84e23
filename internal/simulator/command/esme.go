package command

import (
	"context"
	"errors"
	"io"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// ESME is what `sim esme` does: it binds, sends a message, and prints what
// comes.
type ESME struct {
	Addr string
	simulator.ESMEOptions
	From, To           string
	Text               string // ASCII; nothing is sent if it is empty
	RegisteredDelivery byte
	Messages           int  // how often; zero stands for once
	Stay               bool // prints what comes until ctx ends
	Out                io.Writer
}

// RunESME runs an ESME until its messages are answered, or with Stay until ctx
// ends or the session is over. It fails if a message was refused.
func RunESME(ctx context.Context, cmd ESME) error {
	out := &printer{w: cmd.Out}
	cmd.OnRequest = func(f smpp.Frame) pdu.Status {
		out.request(f)
		return smpp.StatusOK
	}
	e, err := simulator.OpenESME(ctx, cmd.Addr, cmd.ESMEOptions)
	if err != nil {
		return err
	}
	out.printf("bound as %q\n", cmd.SystemID)
	if err = cmd.send(ctx, e, out); err == nil && cmd.Stay {
		select {
		case <-ctx.Done():
		case <-e.Done():
			err = e.Err()
		}
	}
	if ctx.Err() != nil {
		return e.Close()
	}
	return errors.Join(err, e.Unbind(ctx))
}

// send submits the messages one by one.
func (cmd ESME) send(ctx context.Context, e *simulator.ESME, out *printer) error {
	if cmd.Text == "" {
		return nil
	}
	m := simulator.ShortMessage{
		From: simulator.Number(cmd.From), To: simulator.Number(simulator.Digits(cmd.To)), RegisteredDelivery: cmd.RegisteredDelivery,
		DataCoding: 1, UserData: []byte(cmd.Text),
	}
	for range max(cmd.Messages, 1) {
		response, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
		if err != nil {
			return err
		}
		if response.Status() != smpp.StatusOK {
			return response.Status()
		}
		out.printf("%s → %s  accepted as %s\n", cmd.From, cmd.To, smpp.MessageID(response))
	}
	return nil
}

// request prints a message that an ESME got.
func (p *printer) request(f smpp.Frame) {
	m, err := smpp.ParseMessage(f)
	if err != nil {
		p.printf("%s that cannot be read: %v\n", smpp.Command(f.ID()), err)
		return
	}
	p.printf("%s esm_class %02X  %s → %s  %q\n", smpp.Command(f.ID()), m.ESMClass(), m.From.Addr, m.To.Addr, m.UserData())
}
