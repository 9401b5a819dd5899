import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../src/base/system/host-address.js';
import { type FetchRules, fetchPage } from '../../../src/exchange/web-pages/fetch-page.js';
import { readPage } from '../../../src/exchange/web-pages/page-info.js';

const PAGES: Readonly<Record<string, RequestListener>> = {
  '/': (_, response) =>
    void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<title>x</title>'),
  '/image': (_, response) =>
    void response.writeHead(200, { 'content-type': 'image/png', 'content-length': 5 }).end('12345'),
  '/moved': (_, response) => void response.writeHead(302, { location: '/' }).end(),
  '/round': (_, response) => void response.writeHead(302, { location: '/round' }).end(),
  '/elsewhere': (_, response) => void response.writeHead(302, { location: 'http://other.test/' }).end(),
  '/inside': (_, response) => void response.writeHead(302, { location: 'http://inside.test/' }).end(),
  '/file': (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/endless': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    const write = () => {
      while (response.write(`<p>${'x'.repeat(60_000)}`));
    };
    response.on('drain', write);
    write();
  },
  '/broken': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': 100 });
    response.write('<title>', () => response.destroy());
  },
};

let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((request, response) => PAGES[request.url as '/']?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Rules of a world in which page.test is public, and inside.test is not. */
const rules: FetchRules = {
  hosts: ['page.test', 'inside.test', '127.0.0.1', '[::1]'],
  isAllowed: (address) => address === '127.0.0.1',
  resolve: async (host) => (host === 'page.test' ? ['127.0.0.1'] : ['127.0.0.1', '10.0.0.1']),
};
const fetched = (path: string, more: Partial<FetchRules> = {}) =>
  fetchPage(`http://page.test:${port}${path}`, { ...rules, ...more }, new AbortController().signal);

describe('a page', () => {
  it('is fetched from a listed host, following redirects', async () => {
    const page = { status: 200, contentType: 'text/html', html: '<title>x</title>' };
    expect(await fetched('/')).toMatchObject({ ...page, address: `http://page.test:${port}/` });
    expect(await fetched('/moved')).toMatchObject({ ...page, address: `http://page.test:${port}/` });
    expect(await fetched('/image')).toMatchObject({ contentType: 'image/png', size: 5, html: '' });
  });

  it.each([
    ['/elsewhere', 403, {}],
    ['/inside', 403, {}],
    ['/file', 400, {}],
    ['/round', 502, {}],
    ['/broken', 502, {}],
    ['/', 403, { hosts: [] }],
    ['/', 403, { resolve: async () => ['127.0.0.1', '192.168.0.1'] }],
    ['/', 403, { resolve: async () => [] }],
    ['/', 502, { resolve: () => Promise.reject(new Error('no such name')) }],
    ['/', 403, { isAllowed: isPublicAddress }],
  ] as const)('%s is refused with status %i', async (path, status, more) => {
    await expect(fetched(path, more)).rejects.toMatchObject({ status });
  });

  it.each([
    'ftp://page.test/',
    'page.test',
    '',
    'http://user@page.test/',
    'javascript:alert(1)',
    'http://[::1]/',
  ])('%s is refused', async (url) => {
    const own = { hosts: rules.hosts };
    await expect(fetchPage(url, own, new AbortController().signal)).rejects.toMatchObject({
      status: url === 'http://[::1]/' ? 403 : 400,
    });
  });

  it('is read up to half a megabyte', async () => {
    expect((await fetched('/endless')).html.length).toBe(524_288);
  });
});

it('title, description and pictures are read out of a page', async () => {
  const html = `<!doctype html><html><head>
    <title> A\n page &amp; more </title>
    <meta name="description" content="plain"><meta property="og:description" content="rich">
    <meta property="og:image" content="/thumb.png"><meta property="og:image:width" content="90">
    <meta property="og:image:height" content="90">
    <link rel="shortcut icon" href="icon.ico" sizes="32x32">`;
  expect(await readPage(html, 'http://page.test/a/b')).toEqual({
    title: 'A page & more',
    description: 'rich',
    favicon: 'http://page.test/a/icon.ico',
    faviconSize: { width: 32, height: 32 },
    thumbnail: 'http://page.test/thumb.png',
    thumbnailSize: { width: 90, height: 90 },
  });
  const hostile = '<meta property="og:image" content="javascript:alert(1)"><link rel=icon href="data:x">';
  expect(await readPage(hostile, 'http://page.test/')).toMatchObject({
    title: '',
    thumbnail: '',
    favicon: '',
  });
  expect((await readPage(`${'<div>'.repeat(20_000)}<title>deep`, 'http://page.test/')).description).toBe('');
});
