package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"

	gosmpp "github.com/fiorix/go-smpp/smpp"
	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"

	"readback/conversation"
	"readback/internal/simulator"
	"readback/smpp"
)

// world is the gateway of the demo and its peers.
type world struct {
	log      *transcript
	service  *service
	smsc     *simulator.SMSC
	smscLn   net.Listener
	smscAddr string
	handsets *demoHandsets
	store    string
	esmes    []*esme
	book     *conversation.Book // of the ESMEs
	news     chan struct{}      // has a token when the book has changed
}

// esme is one account's session: the go-smpp client.
type esme struct {
	account   string
	carriage  string // as simulator.Message has it
	client    *gosmpp.Transceiver
	feedbacks chan pdu.Body
}

func newWorld(log *transcript, addrs demoAddrs, gatewayLog *slog.Logger) (*world, error) {
	w := &world{log: log, handsets: new(demoHandsets), book: conversation.New(conversation.Options{}), news: make(chan struct{}, 1)}
	var err error
	if w.smscLn, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	w.smscAddr = w.smscLn.Addr().String()
	if w.store, err = tempStore(); err != nil {
		return nil, err
	}
	w.service, err = openWith(demoConfig(w.store, w.smscAddr, addrs), gatewayLog, w.handsets)
	if err != nil {
		w.remove()
		return nil, err
	}
	network := simulator.NewNetwork(simulator.HandsetOptions{
		Respond: simulator.HTTPReads("http://"+w.service.Reads()+"/v1/reads", ""),
	})
	w.handsets.use(network)
	w.smsc = simulator.NewSMSC(simulator.Options{Network: network, NoReceipts: true, OnFrame: w.sawFrame})
	for account, carriage := range map[string]string{elementAccount: simulator.ByElement, markerAccount: simulator.ByMarker} {
		e := &esme{account: account, carriage: carriage, feedbacks: make(chan pdu.Body, 100)}
		e.client = &gosmpp.Transceiver{
			Addr: w.service.ESMEs(), User: account, Passwd: "secret",
			Handler: func(p pdu.Body) { w.handle(e, p) },
		}
		w.esmes = append(w.esmes, e)
	}
	if w.esmes[0].account != elementAccount {
		w.esmes[0], w.esmes[1] = w.esmes[1], w.esmes[0]
	}
	return w, nil
}

// remove deletes the demo's store.
func (w *world) remove() { _ = os.RemoveAll(w.store) } // it is in the temporary directory

// serve runs SMSC and gateway until ctx ends.
func (w *world) serve(ctx context.Context) error {
	smscCtx, stopSMSC := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stopSMSC()
	var smscErr error
	wg.Go(func() { smscErr = w.smsc.Serve(smscCtx, w.smscLn) })
	err := w.service.run(ctx)
	stopSMSC()
	wg.Wait()
	return errors.Join(err, smscErr)
}

// bindESMEs binds both accounts.
func (w *world) bindESMEs(ctx context.Context) error {
	for _, e := range w.esmes {
		status := e.client.Bind()
		select {
		case s := <-status:
			if s.Status() != gosmpp.Connected {
				return fmt.Errorf("%s did not bind: %s %v", e.account, s.Status(), s.Error())
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		go func() { // the client must have its later states read; it closes the channel
			for range status {
			}
		}()
	}
	return nil
}

// unbindESMEs unbinds the sessions from the ESMEs' side. The client does not answer an unbind
// of the gateway, which would wait for it.
func (w *world) unbindESMEs() {
	for _, e := range w.esmes {
		_ = e.client.Close() // a session that has ended needs no unbind
	}
}

// handle takes a deliver_sm, which the client answers. If nobody takes the messages any more,
// it drops the oldest.
func (w *world) handle(e *esme, p pdu.Body) {
	if p.Header().ID != pdu.DeliverSMID {
		return
	}
	w.note(p)
	select {
	case e.feedbacks <- p:
	default:
	}
}

// sawFrame prints the numbered messages that reach the SMSC.
func (w *world) sawFrame(r simulator.Record) {
	if r.Frame.ID() != pdu.SubmitSMID {
		return
	}
	m, err := smpp.ParseMessage(r.Frame)
	if err != nil {
		return
	}
	w.log.say("readback", "submit_sm", "SMSC", "esm_class %02x, short_message %s", m.ESMClass(), hexOf(m))
}

// hexOf shows header and text of the user data separately.
func hexOf(m smpp.Message) string {
	ud := m.UserData()
	n := 0
	if m.HasUDH() && len(ud) > 0 {
		n = min(len(ud), int(ud[0])+1)
	}
	const shown = 12
	header, text := "", fmt.Sprintf("% x", ud[n:])
	if n > 0 {
		header = fmt.Sprintf("[% x] ", ud[:n])
	}
	if len(ud)-n > shown {
		text = fmt.Sprintf("… % x", ud[len(ud)-shown:])
	}
	return header + text
}

// field returns a field of a deliver_sm as text.
func field(p pdu.Body, name pdufield.Name) string {
	if f := p.Fields()[name]; f != nil {
		return f.String()
	}
	return ""
}
