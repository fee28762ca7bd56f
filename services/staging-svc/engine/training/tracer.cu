// A small path tracer for rooms: triangles, plain materials with patterns, windows as portals, a sun.
//
// The same file is C++ with OpenMP (g++ -x c++) and CUDA (nvcc). Pixels are independent and have their own
// random numbers, so a picture depends only on the scene and the seed. tracer.py builds and calls it.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <algorithm>
#include <vector>

#ifdef __CUDACC__
#define BOTH __host__ __device__
#else
#define BOTH
#endif

namespace {

struct Vec {
  float x, y, z;
};
BOTH inline Vec operator+(Vec a, Vec b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
BOTH inline Vec operator-(Vec a, Vec b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
BOTH inline Vec operator*(Vec a, float s) { return {a.x * s, a.y * s, a.z * s}; }
BOTH inline Vec operator*(Vec a, Vec b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
BOTH inline float dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
BOTH inline Vec cross(Vec a, Vec b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
BOTH inline Vec unit(Vec a) { return a * (1.0f / sqrtf(dot(a, a) + 1e-20f)); }
BOTH inline float largest(Vec a) { return fmaxf(a.x, fmaxf(a.y, a.z)); }
BOTH inline Vec mix(Vec a, Vec b, float t) { return a * (1 - t) + b * t; }

struct Triangle {
  Vec a, e1, e2;
  Vec na, nb, nc;
  int material, thing;
};
struct Node {
  Vec low, high;
  int first, count;  // leaf: triangles; else: left child is the next node, `first` the right one
};
// As tracer.py packs it.
struct Material {
  Vec a, b;
  float scale, turn, pattern, gloss, rough, emission, surface, label, seed, contrast;
};
enum { DIFFUSE, METAL, GLASS, CLOTH };
enum { PLAIN, PLANKS, TILES, CARPET, STRIPES, MARBLE, BRICK, HERRINGBONE, PICTURE, GRASS, CONCRETE };
struct Light {  // a rectangle; emission < 0: a portal through which the sky is sampled
  Vec corner, u, v, colour;
  float portal;
};
struct View {
  float turn[9];  // room axes to camera axes
  Vec place;
  float focal, width, height, k1;
  float sun[3], sun_colour[3];
  float ambient, samples, bounces, seed, lights, sky_width, sky_height, outside;
};
struct Hit {
  float t, u, v;
  int triangle;
};

BOTH inline uint32_t hashed(uint32_t x) {
  x ^= x >> 16; x *= 0x7feb352du; x ^= x >> 15; x *= 0x846ca68bu; x ^= x >> 16;
  return x;
}
struct Random {
  uint32_t state;
  BOTH float next() {
    state = state * 747796405u + 2891336453u;
    uint32_t word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737u;
    return float(((word >> 22) ^ word) >> 8) * (1.0f / 16777216.0f);
  }
};
BOTH inline float cell(int x, int y, int z, uint32_t seed) {
  return float(hashed(uint32_t(x) * 73856093u ^ uint32_t(y) * 19349663u ^ uint32_t(z) * 83492791u ^ seed) >> 8) *
         (1.0f / 16777216.0f);
}
BOTH float noise(float x, float y, uint32_t seed) {
  float fx = floorf(x), fy = floorf(y);
  int ix = int(fx), iy = int(fy);
  float u = x - fx, v = y - fy;
  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  float low = cell(ix, iy, 0, seed) * (1 - u) + cell(ix + 1, iy, 0, seed) * u;
  float high = cell(ix, iy + 1, 0, seed) * (1 - u) + cell(ix + 1, iy + 1, 0, seed) * u;
  return low * (1 - v) + high * v;
}
BOTH float clouds(float x, float y, uint32_t seed) {
  return 0.5f * noise(x, y, seed) + 0.3f * noise(x * 2.3f, y * 2.3f, seed + 1) + 0.2f * noise(x * 5.1f, y * 5.1f, seed + 2);
}

BOTH Vec colour_at(const Material& m, Vec p, Vec n) {
  int pattern = int(m.pattern);
  if (pattern == PLAIN) return m.a;
  uint32_t seed = uint32_t(m.seed);
  float x, y;
  if (fabsf(n.z) > 0.7f) { x = p.x; y = p.y; }
  else if (fabsf(n.y) > fabsf(n.x)) { x = p.x; y = p.z; }
  else { x = p.y; y = p.z; }
  float c = cosf(m.turn), s = sinf(m.turn);
  float u = (x * c - y * s) / m.scale, v = (x * s + y * c) / m.scale;
  if (pattern == PLANKS || pattern == HERRINGBONE) {
    float length = 7.0f;
    if (pattern == HERRINGBONE) {
      int side = int(floorf(u / 5.0f) + floorf(v / 5.0f)) & 1;
      if (side) { float w = u; u = v; v = w; }
      length = 5.0f;
    }
    float row = floorf(u);
    float along = v / length + cell(int(row), 7, 1, seed) * 5.0f;
    float board = floorf(along);
    float tone = cell(int(row), int(board), 2, seed);
    float grain = clouds(u * 9.0f + tone * 31.0f, v * 0.6f, seed + 5);
    float edge = fminf(u - row, row + 1 - u), end = fminf(along - board, board + 1 - along) * length;
    float gap = fminf(edge, end) < 0.03f ? 1.0f - 0.45f * m.contrast : 1.0f;
    return mix(m.a, m.b, m.contrast * (0.65f * tone + 0.35f * grain)) * gap;
  }
  if (pattern == TILES || pattern == BRICK) {
    float wide = pattern == BRICK ? 2.6f : 1.0f;
    float row = floorf(v);
    float across = u / wide + (pattern == BRICK ? 0.5f * float(int(row) & 1) : 0.0f);
    float column = floorf(across);
    float edge = fminf(fminf(across - column, column + 1 - across) * wide, fminf(v - row, row + 1 - v));
    if (edge < (pattern == BRICK ? 0.06f : 0.02f)) return m.b;
    float tone = cell(int(column), int(row), 3, seed) - 0.5f + 0.6f * (clouds(u * 2, v * 2, seed) - 0.5f);
    return m.a * (1.0f + m.contrast * 0.5f * tone);
  }
  if (pattern == STRIPES) return (u - floorf(u)) < 0.78f ? m.a : m.b;
  if (pattern == MARBLE) {
    float vein = fabsf(clouds(u, v, seed) - 0.5f) * 9.0f;
    return mix(m.b, m.a, fminf(1.0f, vein + 1 - m.contrast));
  }
  if (pattern == PICTURE) {
    float band = floorf(clouds(u * 1.7f, v * 1.7f, seed) * 9.0f);
    Vec other = {cell(int(band), 1, 0, seed), cell(int(band), 2, 0, seed), cell(int(band), 3, 0, seed)};
    return mix(mix(m.a, m.b, band / 9.0f), other, 0.5f);
  }
  float fine = pattern == CARPET || pattern == GRASS ? cell(int(floorf(u * 60)), int(floorf(v * 60)), 0, seed) : 0.5f;
  float tone = 0.6f * clouds(u, v, seed) + 0.4f * fine;
  return mix(m.a, m.b, 0.5f + m.contrast * (tone - 0.5f) * 1.6f);
}

struct Scene {
  const Triangle* triangles;
  const Node* nodes;
  const Material* materials;
  const Light* lights;
  const float* sky;
  View view;
};

BOTH inline bool enters(const Node& n, Vec o, Vec inverse, float limit) {
  float near = 0.0f, far = limit;
  float t0 = (n.low.x - o.x) * inverse.x, t1 = (n.high.x - o.x) * inverse.x;
  near = fmaxf(near, fminf(t0, t1)); far = fminf(far, fmaxf(t0, t1));
  t0 = (n.low.y - o.y) * inverse.y; t1 = (n.high.y - o.y) * inverse.y;
  near = fmaxf(near, fminf(t0, t1)); far = fminf(far, fmaxf(t0, t1));
  t0 = (n.low.z - o.z) * inverse.z; t1 = (n.high.z - o.z) * inverse.z;
  near = fmaxf(near, fminf(t0, t1)); far = fminf(far, fmaxf(t0, t1));
  return near <= far;
}

// The nearest hit, or with `blocks` whether anything but glass lies before `limit`.
BOTH Hit meet(const Scene& s, Vec o, Vec d, float limit, bool blocks) {
  Hit hit = {limit, 0, 0, -1};
  Vec inverse = {1.0f / (fabsf(d.x) > 1e-12f ? d.x : 1e-12f), 1.0f / (fabsf(d.y) > 1e-12f ? d.y : 1e-12f),
                 1.0f / (fabsf(d.z) > 1e-12f ? d.z : 1e-12f)};
  int stack[64], top = 0;
  stack[top++] = 0;
  while (top) {
    int index = stack[--top];
    const Node& n = s.nodes[index];
    if (!enters(n, o, inverse, hit.t)) continue;
    if (n.count == 0) {
      const Node& left = s.nodes[index + 1];
      float toward = dot((left.low + left.high) - (s.nodes[n.first].low + s.nodes[n.first].high), d);
      if (top > 61) continue;
      if (toward < 0) { stack[top++] = n.first; stack[top++] = index + 1; }
      else { stack[top++] = index + 1; stack[top++] = n.first; }
      continue;
    }
    for (int i = n.first; i < n.first + n.count; ++i) {
      const Triangle& t = s.triangles[i];
      Vec p = cross(d, t.e2);
      float det = dot(t.e1, p);
      if (fabsf(det) < 1e-12f) continue;
      float f = 1.0f / det;
      Vec q = o - t.a;
      float u = dot(q, p) * f;
      if (u < 0 || u > 1) continue;
      Vec r = cross(q, t.e1);
      float v = dot(d, r) * f;
      if (v < 0 || u + v > 1) continue;
      float at = dot(t.e2, r) * f;
      if (at < 1e-4f || at >= hit.t) continue;
      if (blocks && int(s.materials[t.material].surface) == GLASS) continue;
      hit = {at, u, v, i};
      if (blocks) return hit;
    }
  }
  return hit;
}

BOTH Vec sky_at(const Scene& s, Vec d) {
  int w = int(s.view.sky_width), h = int(s.view.sky_height);
  float x = (atan2f(d.x, d.y) / 6.2831853f + 0.5f) * float(w) - 0.5f;
  float y = (acosf(fminf(1.0f, fmaxf(-1.0f, d.z))) / 3.14159265f) * float(h) - 0.5f;
  y = fminf(fmaxf(y, 0.0f), float(h) - 1.001f);
  int ix = int(floorf(x)), iy = int(y);
  float u = x - floorf(x), v = y - float(iy);
  Vec c[2];
  for (int row = 0; row < 2; ++row) {
    const float* a = s.sky + 3 * ((iy + row) * w + ((ix % w) + w) % w);
    const float* b = s.sky + 3 * ((iy + row) * w + (((ix + 1) % w) + w) % w);
    c[row] = mix({a[0], a[1], a[2]}, {b[0], b[1], b[2]}, u);
  }
  return mix(c[0], c[1], v);
}

BOTH Vec around(Vec n, float r1, float r2) {  // cosine-distributed
  Vec side = unit(fabsf(n.z) < 0.9f ? cross(n, {0, 0, 1}) : cross(n, {1, 0, 0}));
  Vec up = cross(n, side);
  float r = sqrtf(r1), a = 6.2831853f * r2;
  return side * (r * cosf(a)) + up * (r * sinf(a)) + n * sqrtf(fmaxf(0.0f, 1 - r1));
}

BOTH Vec direct(const Scene& s, Vec p, Vec n, Random& random) {
  Vec light = {0, 0, 0};
  Vec sun = {s.view.sun[0], s.view.sun[1], s.view.sun[2]};
  Vec sun_colour = {s.view.sun_colour[0], s.view.sun_colour[1], s.view.sun_colour[2]};
  if (largest(sun_colour) > 0) {
    Vec d = unit(sun + Vec{random.next() - 0.5f, random.next() - 0.5f, random.next() - 0.5f} * 0.012f);
    float c = dot(n, d);
    if (c > 0 && meet(s, p + n * 1e-3f, d, 1e4f, true).triangle < 0) light = light + sun_colour * c;
  }
  int count = int(s.view.lights);
  if (count) {
    const Light& l = s.lights[int(fminf(random.next() * float(count), float(count) - 0.5f))];
    Vec at = l.corner + l.u * random.next() + l.v * random.next();
    Vec d = at - p;
    float distance = sqrtf(dot(d, d));
    d = d * (1 / distance);
    Vec normal = cross(l.u, l.v);
    float area = sqrtf(dot(normal, normal));
    float facing = fabsf(dot(normal, d)) / area, c = dot(n, d);
    if (c > 0 && facing > 0) {
      bool portal = l.portal > 0;
      if ((portal || d.z > 0) &&  // lamps shine down
          meet(s, p + n * 1e-3f, d, portal ? 1e4f : distance - 2e-3f, true).triangle < 0) {
        float weight = c * facing * area * float(count) / (3.14159265f * fmaxf(distance * distance, 0.04f));
        light = light + (portal ? sky_at(s, d) : l.colour) * weight;
      }
    }
  }
  return light;
}

struct First {
  Vec albedo, normal;
  float depth;
  int label, thing;
};

BOTH Vec trace(const Scene& s, Vec o, Vec d, Random& random, First* first) {
  Vec light = {0, 0, 0}, left = {1, 1, 1};
  bool counts = true;  // whether emission and sky met by this ray were not sampled before
  float far = 0;
  int bounces = int(s.view.bounces), passes = 0;
  for (int depth = 0; depth <= bounces;) {
    Hit hit = meet(s, o, d, 1e4f, false);
    if (hit.triangle < 0) {
      if (counts || s.view.outside > 0) light = light + left * sky_at(s, d);
      if (first && depth == 0) { first->albedo = {1, 1, 1}; first->normal = d * -1.0f; first->depth = 100; }
      return light;
    }
    const Triangle& t = s.triangles[hit.triangle];
    const Material& m = s.materials[t.material];
    Vec face = unit(cross(t.e1, t.e2));
    Vec n = unit(t.na * (1 - hit.u - hit.v) + t.nb * hit.u + t.nc * hit.v);
    if (dot(face, d) > 0) face = face * -1.0f;
    if (dot(n, face) < 0) n = n * -1.0f;
    if (dot(n, d) > 0) n = face;
    Vec p = o + d * hit.t;
    far += hit.t;
    if (first && passes == 0 && depth == 0) { first->label = int(m.label); first->thing = t.thing; }
    int surface = int(m.surface);
    if (surface == GLASS) {
      if (++passes > 8) return light;
      float c = fabsf(dot(face, d)), f = 0.04f + 0.9f * powf(1 - c, 5);
      if (passes == 1 && random.next() < f) { d = unit(d - face * (2 * dot(d, face))); o = p + face * 1e-3f; }
      else { left = left * m.a; o = p + d * 1e-3f; }
      continue;
    }
    Vec base = colour_at(m, p, face);
    if (m.emission > 0) {
      if (first && depth == 0) { first->albedo = {1, 1, 1}; first->normal = n; first->depth = far; }
      if (counts) light = light + left * base * m.emission;
      return light;
    }
    float c = fabsf(dot(n, d));
    float f = m.gloss + (1 - m.gloss) * powf(1 - c, 5) * fminf(1.0f, m.gloss * 8);
    if (first && depth == 0) {
      first->albedo = surface == METAL ? Vec{1, 1, 1} : base;
      first->normal = n;
      first->depth = far;
    }
    ++depth;
    if (surface == METAL || (m.gloss > 0 && random.next() < f)) {
      Vec shift = Vec{random.next() - 0.5f, random.next() - 0.5f, random.next() - 0.5f} * m.rough;
      Vec r = unit(d - n * (2 * dot(d, n)) + shift);
      if (dot(r, face) <= 0) r = unit(r - face * (2 * dot(r, face)));
      if (surface == METAL) left = left * base;
      o = p + face * 1e-3f;
      d = r;
      counts = true;
      continue;
    }
    Vec side = n;
    if (surface == CLOTH && random.next() < 0.4f) side = n * -1.0f;
    left = left * base;
    Vec here = left * direct(s, p, side, random);
    float most = depth > 1 ? 3.0f : 60.0f;
    light = light + here * fminf(1.0f, most / fmaxf(1e-6f, largest(here)));
    if (depth > 2) {
      float keep = fminf(0.95f, largest(left));
      if (random.next() > keep) return light;
      left = left * (1 / keep);
    }
    o = p + (dot(side, face) > 0 ? face : face * -1.0f) * 1e-3f;
    d = around(side, random.next(), random.next());
    counts = false;
  }
  return light + left * s.view.ambient;
}

BOTH void pixel(const Scene& s, int x, int y, float* colour, float* guide, int* labels) {
  int w = int(s.view.width), h = int(s.view.height), at = y * w + x;
  const float* t = s.view.turn;
  Random random = {hashed(uint32_t(at) ^ hashed(uint32_t(s.view.seed)))};
  int samples = int(s.view.samples);
  Vec sum = {0, 0, 0};
  First total = {{0, 0, 0}, {0, 0, 0}, 0, -1, -1};
  for (int i = -1; i < samples; ++i) {  // the first ray goes through the middle, for the labels
    float jx = i < 0 ? 0.5f : random.next(), jy = i < 0 ? 0.5f : random.next();
    float cx = (float(x) + jx - 0.5f * float(w)) / s.view.focal, cy = (float(y) + jy - 0.5f * float(h)) / s.view.focal;
    float bend = 1 + s.view.k1 * (cx * cx + cy * cy);
    cx *= bend;
    cy *= bend;
    Vec d = unit({t[0] * cx + t[3] * cy + t[6], t[1] * cx + t[4] * cy + t[7], t[2] * cx + t[5] * cy + t[8]});
    First first = {{1, 1, 1}, {0, 0, 0}, 100, 6, -1};
    if (i < 0) {
      Hit hit = meet(s, s.view.place, d, 1e4f, false);
      if (hit.triangle >= 0) {
        first.label = int(s.materials[s.triangles[hit.triangle].material].label);
        first.thing = s.triangles[hit.triangle].thing;
      }
      labels[2 * at] = first.label;
      labels[2 * at + 1] = first.thing;
      continue;
    }
    Vec light = trace(s, s.view.place, d, random, &first);
    float most = 40.0f / fmaxf(40.0f, largest(light));
    sum = sum + light * most;
    total.albedo = total.albedo + first.albedo;
    total.normal = total.normal + first.normal;
    total.depth += fminf(first.depth, 100.0f);
  }
  float share = 1.0f / float(samples);
  colour[3 * at] = sum.x * share;
  colour[3 * at + 1] = sum.y * share;
  colour[3 * at + 2] = sum.z * share;
  float out[7] = {total.albedo.x, total.albedo.y, total.albedo.z, total.normal.x, total.normal.y, total.normal.z, total.depth};
  for (int k = 0; k < 7; ++k) guide[7 * at + k] = out[k] * share;
}

// Light that is far above the pixels around is an unlucky ray: it is cut down to what they have. With `few`
// rays for a pixel there are unlucky neighbours as well.
BOTH void calm(const float* in, float* out, int w, int h, int x, int y, bool few) {
  int at = y * w + x;
  float around[8], here = in[3 * at] + in[3 * at + 1] + in[3 * at + 2];
  int count = 0;
  for (int dy = -1; dy <= 1; ++dy)
    for (int dx = -1; dx <= 1; ++dx) {
      int px = x + dx, py = y + dy;
      if ((!dx && !dy) || px < 0 || py < 0 || px >= w || py >= h) continue;
      const float* o = in + 3 * (py * w + px);
      float there = o[0] + o[1] + o[2];
      int place = count++;
      for (; place > 0 && around[place - 1] > there; --place) around[place] = around[place - 1];
      around[place] = there;
    }
  float most = around[few ? count / 2 : count - 2] * (few ? 1.5f : 1.15f) + 0.01f, share = here > most ? most / here : 1.0f;
  for (int k = 0; k < 3; ++k) out[3 * at + k] = in[3 * at + k] * share;
}

// Edge-avoiding à-trous filter over the light alone: colour divided by albedo.
BOTH void smooth(const float* in, const float* guide, float* out, int w, int h, int x, int y, int step) {
  int at = y * w + x;
  const float* g = guide + 7 * at;
  float depth = g[6], sum[3] = {0, 0, 0}, weights = 0;
  float here = 0.3f * (in[3 * at] + in[3 * at + 1] + in[3 * at + 2]) + 0.02f;
  const float kernel[3] = {0.375f, 0.25f, 0.0625f};
  for (int dy = -2; dy <= 2; ++dy)
    for (int dx = -2; dx <= 2; ++dx) {
      int px = x + dx * step, py = y + dy * step;
      if (px < 0 || py < 0 || px >= w || py >= h) continue;
      int other = py * w + px;
      const float* o = guide + 7 * other;
      float facing = g[3] * o[3] + g[4] * o[4] + g[5] * o[5];
      float tint = fabsf(g[0] - o[0]) + fabsf(g[1] - o[1]) + fabsf(g[2] - o[2]);
      float there = 0.3f * (in[3 * other] + in[3 * other + 1] + in[3 * other + 2]) + 0.02f;
      float ratio = (there - here) / (fminf(here, there) + 0.05f);
      float weight = kernel[abs(dx)] * kernel[abs(dy)] * powf(fmaxf(0.0f, facing), 32.0f) *
                     expf(-fabsf(depth - o[6]) / (0.03f * depth * float(step) + 0.01f) - tint * 1.5f -
                          ratio * ratio * 0.35f * float(step));
      weights += weight;
      for (int k = 0; k < 3; ++k) sum[k] += weight * in[3 * other + k];
    }
  for (int k = 0; k < 3; ++k) out[3 * at + k] = weights > 1e-6f ? sum[k] / weights : in[3 * at + k];
}

struct Builder {
  std::vector<Triangle>& triangles;
  std::vector<Node>& nodes;
  std::vector<Vec> middles, lows, highs;
  std::vector<int> order;
  std::vector<Triangle> sorted;

  void bounds(int first, int last, Vec& low, Vec& high) {
    low = {1e30f, 1e30f, 1e30f};
    high = {-1e30f, -1e30f, -1e30f};
    for (int i = first; i < last; ++i) {
      Vec l = lows[order[i]], h = highs[order[i]];
      low = {std::min(low.x, l.x), std::min(low.y, l.y), std::min(low.z, l.z)};
      high = {std::max(high.x, h.x), std::max(high.y, h.y), std::max(high.z, h.z)};
    }
  }
  static float axis_of(Vec v, int axis) { return axis == 0 ? v.x : axis == 1 ? v.y : v.z; }
  static float area(Vec low, Vec high) {
    Vec d = high - low;
    return d.x < 0 ? 0 : d.x * d.y + d.y * d.z + d.z * d.x;
  }

  void build(int first, int last, int depth) {
    int index = int(nodes.size());
    nodes.push_back({});
    Vec low, high;
    bounds(first, last, low, high);
    nodes[index].low = low;
    nodes[index].high = high;
    int middle = first;
    if (last - first > 3 && depth < 44) middle = split(first, last);
    if (middle == first || middle == last) {
      nodes[index].first = first;
      nodes[index].count = last - first;
      return;
    }
    nodes[index].count = 0;
    build(first, middle, depth + 1);
    nodes[index].first = int(nodes.size());
    build(middle, last, depth + 1);
  }

  int split(int first, int last) {
    const int bins = 12;
    Vec low = {1e30f, 1e30f, 1e30f}, high = {-1e30f, -1e30f, -1e30f};
    for (int i = first; i < last; ++i) {
      Vec c = middles[order[i]];
      low = {std::min(low.x, c.x), std::min(low.y, c.y), std::min(low.z, c.z)};
      high = {std::max(high.x, c.x), std::max(high.y, c.y), std::max(high.z, c.z)};
    }
    float best = 1e30f, best_at = 0;
    int best_axis = -1;
    for (int axis = 0; axis < 3; ++axis) {
      float from = axis_of(low, axis), size = axis_of(high, axis) - from;
      if (size < 1e-6f) continue;
      Vec from_low[bins], to_high[bins];
      int counts[bins] = {0};
      for (int b = 0; b < bins; ++b) { from_low[b] = {1e30f, 1e30f, 1e30f}; to_high[b] = {-1e30f, -1e30f, -1e30f}; }
      for (int i = first; i < last; ++i) {
        int b = std::min(bins - 1, int((axis_of(middles[order[i]], axis) - from) / size * bins));
        Vec l = lows[order[i]], h = highs[order[i]], &f = from_low[b], &t = to_high[b];
        ++counts[b];
        f = {std::min(f.x, l.x), std::min(f.y, l.y), std::min(f.z, l.z)};
        t = {std::max(t.x, h.x), std::max(t.y, h.y), std::max(t.z, h.z)};
      }
      for (int cut = 1; cut < bins; ++cut) {
        Vec l1 = from_low[0], h1 = to_high[0], l2 = from_low[cut], h2 = to_high[cut];
        int left = 0, right = 0;
        for (int b = 0; b < bins; ++b) {
          Vec& l = b < cut ? l1 : l2;
          Vec& h = b < cut ? h1 : h2;
          (b < cut ? left : right) += counts[b];
          l = {std::min(l.x, from_low[b].x), std::min(l.y, from_low[b].y), std::min(l.z, from_low[b].z)};
          h = {std::max(h.x, to_high[b].x), std::max(h.y, to_high[b].y), std::max(h.z, to_high[b].z)};
        }
        if (!left || !right) continue;
        float cost = area(l1, h1) * float(left) + area(l2, h2) * float(right);
        if (cost < best) { best = cost; best_axis = axis; best_at = from + size * float(cut) / bins; }
      }
    }
    if (best_axis < 0) return first;
    auto middle = std::partition(order.begin() + first, order.begin() + last,
                                 [&](int i) { return axis_of(middles[i], best_axis) < best_at; });
    return int(middle - order.begin());
  }

  void run() {
    order.resize(triangles.size());
    for (size_t i = 0; i < triangles.size(); ++i) {
      order[i] = int(i);
      const Triangle& t = triangles[i];
      Vec b = t.a + t.e1, c = t.a + t.e2;
      middles.push_back((t.a + b + c) * (1.0f / 3));
      lows.push_back({std::min({t.a.x, b.x, c.x}), std::min({t.a.y, b.y, c.y}), std::min({t.a.z, b.z, c.z})});
      highs.push_back({std::max({t.a.x, b.x, c.x}), std::max({t.a.y, b.y, c.y}), std::max({t.a.z, b.z, c.z})});
    }
    build(0, int(triangles.size()), 0);
    for (int i : order) sorted.push_back(triangles[i]);
    triangles.swap(sorted);
  }
};

#ifdef __CUDACC__
__global__ void pixels(Scene s, float* colour, float* guide, int* labels) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < int(s.view.width) && y < int(s.view.height)) pixel(s, x, y, colour, guide, labels);
}
__global__ void smoothed(const float* in, const float* guide, float* out, int w, int h, int step) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < w && y < h) smooth(in, guide, out, w, h, x, y, step);
}
__global__ void calmed(const float* in, float* out, int w, int h, bool few) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < w && y < h) calm(in, out, w, h, x, y, few);
}
__global__ void scaled(float* light, const float* guide, int count, bool divide) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= 3 * count) return;
  float albedo = guide[7 * (i / 3) + i % 3] + 1e-3f;
  light[i] = divide ? light[i] / albedo : light[i] * albedo;
}
template <class T>
T* there(const T* data, size_t count) {
  T* copy = nullptr;
  cudaMalloc(&copy, std::max<size_t>(count, 1) * sizeof(T));
  if (count && data) cudaMemcpy(copy, data, count * sizeof(T), cudaMemcpyHostToDevice);
  return copy;
}
#endif

}  // namespace

// positions and normals: (triangles, 3, 3); materials: as Material; things: an id for each triangle.
extern "C" int render(const float* positions, const float* normals, const int* material, const int* things, int count,
                      const float* materials, int material_count, const float* lights, const float* sky, const float* view,
                      int filter, float* colour, int* labels) {
  std::vector<Triangle> triangles(count);
  const Vec* p = reinterpret_cast<const Vec*>(positions);
  const Vec* n = reinterpret_cast<const Vec*>(normals);
  for (int i = 0; i < count; ++i)
    triangles[i] = {p[3 * i], p[3 * i + 1] - p[3 * i], p[3 * i + 2] - p[3 * i], n[3 * i], n[3 * i + 1], n[3 * i + 2], material[i], things[i]};
  std::vector<Node> nodes;
  Builder{triangles, nodes, {}, {}, {}, {}, {}}.run();
  Scene s;
  std::memcpy(&s.view, view, sizeof(View));
  int w = int(s.view.width), h = int(s.view.height);
#ifdef __CUDACC__
  Triangle* t = there(triangles.data(), triangles.size());
  Node* b = there(nodes.data(), nodes.size());
  Material* m = there(reinterpret_cast<const Material*>(materials), material_count);
  Light* l = there(reinterpret_cast<const Light*>(lights), size_t(s.view.lights));
  float* k = there(sky, size_t(3 * s.view.sky_width * s.view.sky_height));
  float* c = there<float>(nullptr, size_t(3) * w * h);
  float* g = there<float>(nullptr, size_t(7) * w * h);
  int* a = there<int>(nullptr, size_t(2) * w * h);
  s.triangles = t; s.nodes = b; s.materials = m; s.lights = l; s.sky = k;
  dim3 grid((w + 7) / 8, (h + 7) / 8), block(8, 8);
  int groups = (3 * w * h + 255) / 256;
  pixels<<<grid, block>>>(s, c, g, a);
  float* o = there<float>(nullptr, size_t(3) * w * h);
  if (filter) {
    scaled<<<groups, 256>>>(c, g, w * h, true);
    calmed<<<grid, block>>>(c, o, w, h, s.view.samples < 16);
    std::swap(c, o);
  }
  for (int pass = 0, step = 1; pass < filter; ++pass, step *= 2) {
    smoothed<<<grid, block>>>(c, g, o, w, h, step);
    std::swap(c, o);
  }
  if (filter) scaled<<<groups, 256>>>(c, g, w * h, false);
  cudaError_t error = cudaDeviceSynchronize();
  cudaMemcpy(colour, c, sizeof(float) * 3 * w * h, cudaMemcpyDeviceToHost);
  cudaMemcpy(labels, a, sizeof(int) * 2 * w * h, cudaMemcpyDeviceToHost);
  cudaFree(t); cudaFree(b); cudaFree(m); cudaFree(l); cudaFree(k); cudaFree(c); cudaFree(g); cudaFree(a); cudaFree(o);
  return int(error);
#else
  std::vector<float> guide(size_t(7) * w * h), other(size_t(3) * w * h);
  s.triangles = triangles.data(); s.nodes = nodes.data(); s.sky = sky;
  s.materials = reinterpret_cast<const Material*>(materials);
  s.lights = reinterpret_cast<const Light*>(lights);
#pragma omp parallel for schedule(dynamic, 4)
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) pixel(s, x, y, colour, guide.data(), labels);
  if (!filter) return 0;
  for (int i = 0; i < w * h; ++i)
    for (int channel = 0; channel < 3; ++channel) colour[3 * i + channel] /= guide[7 * i + channel] + 1e-3f;
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) calm(colour, other.data(), w, h, x, y, s.view.samples < 16);
  std::memcpy(colour, other.data(), other.size() * sizeof(float));
  for (int pass = 0, step = 1; pass < filter; ++pass, step *= 2) {
#pragma omp parallel for schedule(dynamic, 4)
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x) smooth(colour, guide.data(), other.data(), w, h, x, y, step);
    std::memcpy(colour, other.data(), other.size() * sizeof(float));
  }
  for (int i = 0; i < w * h; ++i)
    for (int channel = 0; channel < 3; ++channel) colour[3 * i + channel] *= guide[7 * i + channel] + 1e-3f;
  return 0;
#endif
}
