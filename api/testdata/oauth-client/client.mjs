// Gets a token by what the server says of itself, and calls the API with it:
//   node client.mjs ISSUER CLIENT_ID KEY_FILE ALGORITHM
// Prints one line of JSON: the scope of the token, and the status and the first place of the answer.
import { readFile } from 'node:fs/promises'
import { webcrypto } from 'node:crypto'
import * as oauth from 'oauth4webapi'

globalThis.crypto ??= webcrypto // Node 18

const [issuer, clientID, keyFile, algorithm] = process.argv.slice(2)
const insecure = { [oauth.allowInsecureRequests]: true } // loopback, without TLS

const parameters = { ES256: { name: 'ECDSA', namedCurve: 'P-256' }, PS256: { name: 'RSA-PSS', hash: 'SHA-256' }, EdDSA: { name: 'Ed25519' } }
const pem = (await readFile(keyFile, 'utf8')).replace(/-----[^-]+-----|\s/g, '')
const key = await crypto.subtle.importKey('pkcs8', Buffer.from(pem, 'base64'), parameters[algorithm], false, ['sign'])

const challenge = await fetch(`${issuer}/v1/places`)
const resource = challenge.headers.get('www-authenticate').match(/resource_metadata="([^"]+)"/)[1]
const metadata = await (await fetch(resource)).json()
if (metadata.authorization_servers[0] !== issuer) throw new Error(`the resource names ${metadata.authorization_servers}`)

const at = new URL(issuer)
const found = await oauth.discoveryRequest(at, { algorithm: 'oauth2', ...insecure })
const server = await oauth.processDiscoveryResponse(at, found)
const client = { client_id: clientID }
const answer = await oauth.clientCredentialsGrantRequest(
  server, client, oauth.PrivateKeyJwt(key), new URLSearchParams({ scope: 'directory.read' }), insecure,
)
const token = await oauth.processClientCredentialsResponse(server, client, answer)

const places = await oauth.protectedResourceRequest(token.access_token, 'GET', new URL(`${issuer}/v1/places?limit=1`), undefined, undefined, insecure)
const body = await places.json()
console.log(JSON.stringify({ scope: token.scope, status: places.status, place: body.items[0].code }))
