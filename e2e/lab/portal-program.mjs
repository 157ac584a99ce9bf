// A web server in the way: `portal` redirects to a sign-in, `internet` answers as the page that is asked for, `silent`
// lets the request wait.
// Its first line says that it listens; each line of standard input changes what it is.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

let kind = process.argv[3] ?? 'portal';
createInterface({ input: process.stdin }).on('line', (line) => {
  kind = line.trim();
});
createServer((request, response) => {
  console.log(`request ${request.method} ${request.url} for ${request.headers.host}`);
  if (kind === 'portal') response.writeHead(302, { location: 'http://portal.lab.test/sign-in' }).end('Welcome');
  else if (kind === 'internet') response.writeHead(204).end();
}).listen(Number(process.argv[2]), () => console.log('listening'));
