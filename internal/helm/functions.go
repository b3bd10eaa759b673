package helm

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/google/uuid"
)

// made stands where Helm would make a password or a key anew at each install. It is drawn once a run: no template can tell
// it from what Helm makes, and what is said of it does not show it.
var made = sync.OnceValue(func() string { return "made-by-helm-" + strings.ToLower(rand.Text()) })

// fixed are the functions of templates that would give another text at each call, or take seconds for a key. (What Helm
// removes from Sprig's functions, env, expandenv and getHostByName, is removed here, too.)
func fixed() template.FuncMap {
	text := func(...any) string { return made() }
	return template.FuncMap{
		"uuidv4":                   func() string { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(made())).String() },
		"randAlphaNum":             sample,
		"randAlpha":                sample,
		"randAscii":                sample,
		"randNumeric":              digits,
		"randBytes":                func(count int) string { return base64.StdEncoding.EncodeToString([]byte(sample(count))) },
		"randInt":                  func(least, most int) int { return least + int(seed()%uint64(max(most-least, 1))) },
		"shuffle":                  func(text string) string { return text },
		"bcrypt":                   text,
		"htpasswd":                 func(user, _ string) string { return user + ":" + made() },
		"derivePassword":           text,
		"encryptAES":               text,
		"genPrivateKey":            text,
		"buildCustomCert":          certificate,
		"genCA":                    certificate,
		"genCAWithKey":             certificate,
		"genSelfSignedCert":        certificate,
		"genSelfSignedCertWithKey": certificate,
		"genSignedCert":            certificate,
		"genSignedCertWithKey":     certificate,
		"keys":                     keys,
		"values":                   func(table map[string]any) []any { return ordered(table) },
	}
}

// certificate stands for one and its key.
func certificate(...any) map[string]string { return map[string]string{"Cert": made(), "Key": made()} }

// seed is a number that is drawn once a run.
func seed() uint64 {
	sum := sha256.Sum256([]byte(made()))
	return binary.BigEndian.Uint64(sum[:])
}

// sample is a text of small letters that is drawn once a run, as long as what was asked for.
func sample(count int) string { return drawn(count, "abcdefghijklmnopqrstuvwxyz") }

func digits(count int) string { return drawn(count, "0123456789") }

func drawn(count int, letters string) string {
	out := make([]byte, bounded(count))
	state := seed()
	for i := range out {
		state = state*6364136223846793005 + 1442695040888963407
		out[i] = letters[(state>>33)%uint64(len(letters))]
	}
	if len(out) >= 6 {
		drawnTexts = append(drawnTexts, string(out))
	}
	return string(out)
}

// drawnTexts are what was drawn for the chart that is rendered.
var drawnTexts []string

// bounded is a length that a text in an object can have.
func bounded(count int) int { return min(max(count, 0), 1<<20) }

// keys are those of tables, in an order that stays.
func keys(tables ...map[string]any) []string {
	var all []string
	for _, table := range tables {
		all = append(all, slices.Sorted(maps.Keys(table))...)
	}
	return all
}

func ordered(table map[string]any) []any {
	all := make([]any, 0, len(table))
	for _, key := range slices.Sorted(maps.Keys(table)) {
		all = append(all, table[key])
	}
	return all
}
