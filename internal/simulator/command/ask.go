package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"readback/internal/simulator/control"
	"readback/smpp"
)

// MO is what `sim mo` does: a message of a subscriber goes to an ESME of `sim smsc`.
type MO struct {
	Control string // address or URL of the control of `sim smsc`
	control.MO
	JSON bool
	Out  io.Writer
}

// RunMO sends the message. It fails if the ESME refuses it.
func RunMO(ctx context.Context, cmd MO) error {
	got, err := control.Client{URL: cmd.Control}.MO(ctx, cmd.MO)
	if err != nil {
		return err
	}
	if cmd.JSON {
		err = json.NewEncoder(cmd.Out).Encode(got)
	} else {
		_, err = fmt.Fprintf(cmd.Out, "%s → %s  %s\n", cmd.From, cmd.To, answersOf(got))
	}
	if err != nil {
		return err
	}
	for _, p := range got.Parts {
		if p.Status != uint32(smpp.StatusOK) {
			return fmt.Errorf("the ESME refused it: %s", nameOf(p))
		}
	}
	return nil
}

// answersOf says what the ESME has answered.
func answersOf(got control.MOAnswer) string {
	names := make([]string, len(got.Parts))
	for i, p := range got.Parts {
		names[i] = nameOf(p)
	}
	return strings.Join(names, " ")
}

func nameOf(a control.Answer) string {
	if a.Name == "" {
		return fmt.Sprintf("%#x", a.Status)
	}
	return a.Name
}

// Status is what `sim status` does.
type Status struct {
	Control string // address or URL of the control of `sim smsc`
	JSON    bool
	Out     io.Writer
}

// RunStatus prints the sessions of a running SMSC, and what its scenario did.
func RunStatus(ctx context.Context, cmd Status) error {
	client := control.Client{URL: cmd.Control}
	status, err := client.Status(ctx)
	if err != nil {
		return err
	}
	scenario, err := client.Scenario(ctx)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(cmd.Out).Encode(struct {
			control.Status
			Scenario control.Scenario `json:"scenario"`
		}{status, scenario})
	}
	w := tabwriter.NewWriter(cmd.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "%d messages accepted\n", status.Accepted) // Flush says whether it could be written
	if len(status.Sessions) > 0 {
		_, _ = fmt.Fprint(w, "\nSESSION\tACCOUNT\tBIND\tADDRESS\tSINCE\tUNANSWERED\n")
	}
	for _, s := range status.Sessions {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\n", s.Session, s.Account, s.Bind, s.Remote, s.Since.Format("15:04:05"), s.Unanswered)
	}
	if len(scenario.Rules) > 0 {
		_, _ = fmt.Fprintf(w, "\nRULE (seed %d)\tMATCHED\tAPPLIED\n", scenario.Seed)
	}
	for _, r := range scenario.Rules {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\n", r.Name, r.Matched, r.Applied)
	}
	return w.Flush()
}

// RunReset makes the SMSC whose control is at addr forget what it has stored.
func RunReset(ctx context.Context, addr string, out io.Writer) error {
	if err := (control.Client{URL: addr}).Reset(ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "the SMSC at %s has forgotten what it stored\n", addr)
	return err
}
