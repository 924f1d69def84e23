package golden

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// HandsetPath is the file of the vectors for handset developers, below testdata.
const HandsetPath = "handset/vectors.json"

// Handset is the file testdata/handset/vectors.json. Its README explains each field.
type Handset struct {
	About        string           `json:"about"`
	Element      string           `json:"element"`
	Answer       string           `json:"answer_element"`
	Symbols      []string         `json:"symbols"`
	OpenedAt     string           `json:"opened_at"`
	ProofKey     string           `json:"proof_key"`
	SentAt       string           `json:"sent_at"`
	Messages     []HandsetMessage `json:"messages"`
	TextMessages []HandsetText    `json:"text_messages"`
}

// HandsetMessage is a message, and what a handset finds in it.
type HandsetMessage struct {
	Name      string            `json:"name"`
	About     string            `json:"about"`
	Sender    string            `json:"sender"`
	Receiver  string            `json:"receiver"`
	Submitted []HandsetPDU      `json:"submitted,omitempty"`
	Parts     []HandsetPart     `json:"parts"`
	Malformed bool              `json:"malformed,omitempty"`
	Found     HandsetFound      `json:"found"`
	Responses []HandsetResponse `json:"responses"`
}

// HandsetPDU is a message, or a part of one, as it is in SMPP.
type HandsetPDU struct {
	DataCoding   string `json:"data_coding"`
	UDHI         bool   `json:"udhi"`
	ShortMessage string `json:"short_message"`
}

// HandsetPart is a part in SMPP and on the air.
type HandsetPart struct {
	HandsetPDU
	TPDCS string `json:"tp_dcs"`
	TPUDL int    `json:"tp_udl"`
	TPUD  string `json:"tp_ud"`
	TPDU  string `json:"tpdu"`
}

// HandsetFound is what a handset finds.
type HandsetFound struct {
	Carriage string  `json:"carriage"`
	Number   *uint16 `json:"number"`
	Proof    string  `json:"proof"`
	Text     string  `json:"text"`
	Marker   string  `json:"marker"`
}

// HandsetResponse is a read response, in the forms that it may have.
type HandsetResponse struct {
	Status int             `json:"status"`
	JSON   json.RawMessage `json:"json"`
	SMS    *HandsetSMS     `json:"sms"`
}

// HandsetSMS is a read response by SMS.
type HandsetSMS struct {
	To       string `json:"to"`
	UserData string `json:"user_data"`
	TPDU     string `json:"tpdu"`
}

// HandsetText is a message of which an app sees the text alone.
type HandsetText struct {
	Name  string       `json:"name"`
	Text  string       `json:"text"`
	Found HandsetFound `json:"found"`
}

// HandsetVectors reads the vectors.
func HandsetVectors(t testing.TB) Handset {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(Testdata(t), HandsetPath))
	if err != nil {
		t.Fatal(err)
	}
	var all Handset
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Messages) < 20 || len(all.TextMessages) < 5 {
		t.Fatalf("%d messages and %d texts", len(all.Messages), len(all.TextMessages))
	}
	return all
}

// Octets returns what a field in hex stands for.
func Octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return b
}
