;; The inner loops of the analysis: levels of both legs at once, and the spectrum of a frame. All data is in one memory.
;; Addresses are in bytes and given by the caller (leg-kernel.ts).
(module
  (memory (export "memory") 3)

  ;; Sum of the squares of `count` samples, a multiple of 8.
  (func $squares (export "squares") (param $at i32) (param $count i32) (result f64)
    (local $end i32) (local $eight v128) (local $sum v128)
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $eight (v128.load align=2 (local.get $at)))
        ;; Two squares of -32768 are 2^31, so the sums are unsigned.
        (local.set $eight (i32x4.dot_i16x8_s (local.get $eight) (local.get $eight)))
        (local.set $sum (i64x2.add (local.get $sum) (i64x2.add
          (i64x2.extend_low_i32x4_u (local.get $eight)) (i64x2.extend_high_i32x4_u (local.get $eight)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $more)))
    (f64.convert_i64_u (i64.add
      (i64x2.extract_lane 0 (local.get $sum)) (i64x2.extract_lane 1 (local.get $sum)))))

  ;; Writes at `out` the sum of `count` samples as f64, then the largest (0 or more) and the smallest (0 or less) as
  ;; i32. `count` is a multiple of 8, and 65,536 at most.
  (func (export "extremes") (param $at i32) (param $count i32) (param $out i32)
    (local $end i32) (local $eight v128) (local $sum v128) (local $most v128) (local $least v128)
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $eight (v128.load align=2 (local.get $at)))
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.extadd_pairwise_i16x8_s (local.get $eight))))
        (local.set $most (i16x8.max_s (local.get $most) (local.get $eight)))
        (local.set $least (i16x8.min_s (local.get $least) (local.get $eight)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $more)))
    (local.set $sum (i64x2.add
      (i64x2.extend_low_i32x4_s (local.get $sum)) (i64x2.extend_high_i32x4_s (local.get $sum))))
    (f64.store (local.get $out) (f64.convert_i64_s (i64.add
      (i64x2.extract_lane 0 (local.get $sum)) (i64x2.extract_lane 1 (local.get $sum)))))
    (local.set $most (i16x8.max_s (local.get $most)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $most) (local.get $most))))
    (local.set $most (i16x8.max_s (local.get $most)
      (i8x16.shuffle 4 5 6 7 4 5 6 7 4 5 6 7 4 5 6 7 (local.get $most) (local.get $most))))
    (local.set $most (i16x8.max_s (local.get $most)
      (i8x16.shuffle 2 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 (local.get $most) (local.get $most))))
    (local.set $least (i16x8.min_s (local.get $least)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $least) (local.get $least))))
    (local.set $least (i16x8.min_s (local.get $least)
      (i8x16.shuffle 4 5 6 7 4 5 6 7 4 5 6 7 4 5 6 7 (local.get $least) (local.get $least))))
    (local.set $least (i16x8.min_s (local.get $least)
      (i8x16.shuffle 2 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 (local.get $least) (local.get $least))))
    (i32.store offset=8 (local.get $out) (i16x8.extract_lane_s 0 (local.get $most)))
    (i32.store offset=12 (local.get $out) (i16x8.extract_lane_s 0 (local.get $least))))

  ;; Applies two filters to two signals at once, one signal in each lane, from sample `from` to `count`: the envelope of
  ;; ITU-T P.56, and the weighting of ITU-R BS.1770 with the sum of its squares. Stops after the sample at which an
  ;; envelope leaves its bounds, and returns the position there, or `count`.
  ;;
  ;; At `state` are pairs of f64: the smoothers at 0 and 16; the bounds of the second at 32 and 48, which it leaves when
  ;; it is less than the first, or not less than the second; the states of the shelf, 64, 80, and of the high-pass, 96,
  ;; 112; the energy, 128. Then coefficients: of the smoothers 144, 160; b0, b1, b2, a1, a2 of the shelf from 176 on;
  ;; a1, a2 of the high-pass, whose b are 1, -2, 1, at 256 and 272.
  (func (export "level") (param $left i32) (param $right i32) (param $from i32) (param $count i32) (param $state i32)
    (result i32)
    (local $end i32)
    (local $x v128) (local $y v128) (local $z v128)
    (local $first v128) (local $second v128) (local $low v128) (local $high v128)
    (local $s1 v128) (local $s2 v128) (local $t1 v128) (local $t2 v128) (local $energy v128)
    (local $keep v128) (local $take v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $a1 v128) (local $a2 v128)
    (local $d1 v128) (local $d2 v128) (local $base i32)
    (local.set $first (v128.load (local.get $state)))
    (local.set $second (v128.load offset=16 (local.get $state)))
    (local.set $low (v128.load offset=32 (local.get $state)))
    (local.set $high (v128.load offset=48 (local.get $state)))
    (local.set $s1 (v128.load offset=64 (local.get $state)))
    (local.set $s2 (v128.load offset=80 (local.get $state)))
    (local.set $t1 (v128.load offset=96 (local.get $state)))
    (local.set $t2 (v128.load offset=112 (local.get $state)))
    (local.set $energy (v128.load offset=128 (local.get $state)))
    (local.set $keep (v128.load offset=144 (local.get $state)))
    (local.set $take (v128.load offset=160 (local.get $state)))
    (local.set $b0 (v128.load offset=176 (local.get $state)))
    (local.set $b1 (v128.load offset=192 (local.get $state)))
    (local.set $b2 (v128.load offset=208 (local.get $state)))
    (local.set $a1 (v128.load offset=224 (local.get $state)))
    (local.set $a2 (v128.load offset=240 (local.get $state)))
    (local.set $d1 (v128.load offset=256 (local.get $state)))
    (local.set $d2 (v128.load offset=272 (local.get $state)))
    (local.set $base (local.get $left))
    (local.set $end (i32.add (local.get $left) (i32.shl (local.get $count) (i32.const 1))))
    (local.set $left (i32.add (local.get $left) (i32.shl (local.get $from) (i32.const 1))))
    (local.set $right (i32.add (local.get $right) (i32.shl (local.get $from) (i32.const 1))))
    (block $done
      (br_if $done (i32.ge_u (local.get $left) (local.get $end)))
      (loop $more
        (local.set $x (f64x2.convert_low_i32x4_s (i32x4.replace_lane 1
          (i32x4.splat (i32.load16_s (local.get $left))) (i32.load16_s (local.get $right)))))
        (local.set $left (i32.add (local.get $left) (i32.const 2)))
        (local.set $right (i32.add (local.get $right) (i32.const 2)))
        (local.set $first (f64x2.add
          (f64x2.mul (local.get $keep) (local.get $first))
          (f64x2.mul (local.get $take) (f64x2.abs (local.get $x)))))
        (local.set $second (f64x2.add
          (f64x2.mul (local.get $keep) (local.get $second))
          (f64x2.mul (local.get $take) (local.get $first))))
        (local.set $y (f64x2.add (f64x2.mul (local.get $b0) (local.get $x)) (local.get $s1)))
        (local.set $s1 (f64x2.sub
          (f64x2.add (f64x2.mul (local.get $b1) (local.get $x)) (local.get $s2))
          (f64x2.mul (local.get $a1) (local.get $y))))
        (local.set $s2 (f64x2.sub
          (f64x2.mul (local.get $b2) (local.get $x)) (f64x2.mul (local.get $a2) (local.get $y))))
        (local.set $z (f64x2.add (local.get $y) (local.get $t1)))
        (local.set $t1 (f64x2.sub
          (f64x2.sub (local.get $t2) (f64x2.add (local.get $y) (local.get $y)))
          (f64x2.mul (local.get $d1) (local.get $z))))
        (local.set $t2 (f64x2.sub (local.get $y) (f64x2.mul (local.get $d2) (local.get $z))))
        (local.set $energy (f64x2.add (local.get $energy) (f64x2.mul (local.get $z) (local.get $z))))
        (br_if $done (v128.any_true (v128.or
          (f64x2.ge (local.get $second) (local.get $high))
          (f64x2.lt (local.get $second) (local.get $low)))))
        (br_if $more (i32.lt_u (local.get $left) (local.get $end)))))
    (v128.store (local.get $state) (local.get $first))
    (v128.store offset=16 (local.get $state) (local.get $second))
    (v128.store offset=64 (local.get $state) (local.get $s1))
    (v128.store offset=80 (local.get $state) (local.get $s2))
    (v128.store offset=96 (local.get $state) (local.get $t1))
    (v128.store offset=112 (local.get $state) (local.get $t2))
    (v128.store offset=128 (local.get $state) (local.get $energy))
    (i32.shr_u (i32.sub (local.get $left) (local.get $base)) (i32.const 1)))

  ;; The power spectrum of 256 samples: bins 0 to 128 at `row`. Their sums over the 16 bands follow at byte 528, and the
  ;; sum of those at byte 592; all f32.
  ;;
  ;; At `tables` are, in f32: the window (256); for each of seven passes the cosines of its 64 factors and the negative
  ;; sines (7 x 128); cosines and sines of 1 to 64 steps of 1/256 turn (2 x 64); two buffers of 128 real and 128
  ;; imaginary parts (2 x 256). After them are the edges of the bands, 17 bytes.
  (func (export "spectrum") (param $samples i32) (param $row i32) (param $tables i32)
    (local $a i32) (local $b i32)
    (local.set $a (i32.add (local.get $tables) (i32.const 5120)))
    (local.set $b (i32.add (local.get $tables) (i32.const 6144)))
    (call $window (local.get $samples) (local.get $a) (local.get $tables))
    (local.set $tables (i32.add (local.get $tables) (i32.const 1024)))
    (call $firstPass (local.get $a) (local.get $b) (local.get $tables))
    (call $secondPass (local.get $b) (local.get $a) (i32.add (local.get $tables) (i32.const 512)))
    (call $pass (local.get $a) (local.get $b) (i32.const 16) (i32.add (local.get $tables) (i32.const 1024)))
    (call $pass (local.get $b) (local.get $a) (i32.const 32) (i32.add (local.get $tables) (i32.const 1536)))
    (call $pass (local.get $a) (local.get $b) (i32.const 64) (i32.add (local.get $tables) (i32.const 2048)))
    (call $pass (local.get $b) (local.get $a) (i32.const 128) (i32.add (local.get $tables) (i32.const 2560)))
    (call $pass (local.get $a) (local.get $b) (i32.const 256) (i32.add (local.get $tables) (i32.const 3072)))
    (call $join (local.get $b) (local.get $row) (i32.add (local.get $tables) (i32.const 3584)))
    (call $bands (local.get $row) (i32.add (local.get $tables) (i32.const 6144))))

  ;; Weights the samples. Those at even positions become real parts, the others imaginary parts.
  (func $window (param $samples i32) (param $to i32) (param $window i32)
    (local $end i32) (local $eight v128) (local $low v128) (local $high v128)
    (local.set $end (i32.add (local.get $to) (i32.const 512)))
    (loop $more
      (local.set $eight (v128.load align=2 (local.get $samples)))
      (local.set $low (f32x4.mul
        (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $eight)))
        (v128.load (local.get $window))))
      (local.set $high (f32x4.mul
        (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $eight)))
        (v128.load offset=16 (local.get $window))))
      (v128.store (local.get $to)
        (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $low) (local.get $high)))
      (v128.store offset=512 (local.get $to)
        (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $low) (local.get $high)))
      (local.set $samples (i32.add (local.get $samples) (i32.const 16)))
      (local.set $window (i32.add (local.get $window) (i32.const 32)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (br_if $more (i32.lt_u (local.get $to) (local.get $end)))))

  ;; Passes of a self-sorting (Stockham) transform of 128 complex numbers. Each takes sums and differences of elements
  ;; that are 64 apart, multiplies the differences by a factor, and stores them 1, 2, 4, ... apart. The first pass
  ;; stores sums and differences in turn, the second stores pairs of them in turn.
  (func $firstPass (param $from i32) (param $to i32) (param $factors i32)
    (local $end i32) (local $sr v128) (local $si v128) (local $dr v128) (local $di v128)
    (local $wr v128) (local $wi v128) (local $pr v128)
    (local.set $end (i32.add (local.get $from) (i32.const 256)))
    (loop $more
      (local.set $sr (v128.load (local.get $from)))
      (local.set $dr (v128.load offset=256 (local.get $from)))
      (local.set $si (v128.load offset=512 (local.get $from)))
      (local.set $di (v128.load offset=768 (local.get $from)))
      (local.set $wr (f32x4.sub (local.get $sr) (local.get $dr)))
      (local.set $wi (f32x4.sub (local.get $si) (local.get $di)))
      (local.set $sr (f32x4.add (local.get $sr) (local.get $dr)))
      (local.set $si (f32x4.add (local.get $si) (local.get $di)))
      (local.set $dr (local.get $wr))
      (local.set $di (local.get $wi))
      (local.set $wr (v128.load (local.get $factors)))
      (local.set $wi (v128.load offset=256 (local.get $factors)))
      (local.set $pr (f32x4.sub
        (f32x4.mul (local.get $dr) (local.get $wr)) (f32x4.mul (local.get $di) (local.get $wi))))
      (local.set $di (f32x4.add
        (f32x4.mul (local.get $dr) (local.get $wi)) (f32x4.mul (local.get $di) (local.get $wr))))
      (v128.store (local.get $to)
        (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $sr) (local.get $pr)))
      (v128.store offset=16 (local.get $to)
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $sr) (local.get $pr)))
      (v128.store offset=512 (local.get $to)
        (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $si) (local.get $di)))
      (v128.store offset=528 (local.get $to)
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $si) (local.get $di)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $factors (i32.add (local.get $factors) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 32)))
      (br_if $more (i32.lt_u (local.get $from) (local.get $end)))))

  (func $secondPass (param $from i32) (param $to i32) (param $factors i32)
    (local $end i32) (local $sr v128) (local $si v128) (local $dr v128) (local $di v128)
    (local $wr v128) (local $wi v128) (local $pr v128)
    (local.set $end (i32.add (local.get $from) (i32.const 256)))
    (loop $more
      (local.set $sr (v128.load (local.get $from)))
      (local.set $dr (v128.load offset=256 (local.get $from)))
      (local.set $si (v128.load offset=512 (local.get $from)))
      (local.set $di (v128.load offset=768 (local.get $from)))
      (local.set $wr (f32x4.sub (local.get $sr) (local.get $dr)))
      (local.set $wi (f32x4.sub (local.get $si) (local.get $di)))
      (local.set $sr (f32x4.add (local.get $sr) (local.get $dr)))
      (local.set $si (f32x4.add (local.get $si) (local.get $di)))
      (local.set $dr (local.get $wr))
      (local.set $di (local.get $wi))
      (local.set $wr (v128.load (local.get $factors)))
      (local.set $wi (v128.load offset=256 (local.get $factors)))
      (local.set $pr (f32x4.sub
        (f32x4.mul (local.get $dr) (local.get $wr)) (f32x4.mul (local.get $di) (local.get $wi))))
      (local.set $di (f32x4.add
        (f32x4.mul (local.get $dr) (local.get $wi)) (f32x4.mul (local.get $di) (local.get $wr))))
      (v128.store (local.get $to)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $sr) (local.get $pr)))
      (v128.store offset=16 (local.get $to)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $sr) (local.get $pr)))
      (v128.store offset=512 (local.get $to)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $si) (local.get $di)))
      (v128.store offset=528 (local.get $to)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $si) (local.get $di)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $factors (i32.add (local.get $factors) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 32)))
      (br_if $more (i32.lt_u (local.get $from) (local.get $end)))))

  ;; `apart` is in bytes, 16 at least.
  (func $pass (param $from i32) (param $to i32) (param $apart i32) (param $factors i32)
    (local $j i32) (local $out i32) (local $mask i32) (local $source i32)
    (local $sr v128) (local $si v128) (local $dr v128) (local $di v128)
    (local $ar v128) (local $ai v128) (local $wr v128) (local $wi v128)
    (local.set $mask (i32.sub (local.get $apart) (i32.const 1)))
    (loop $more
      (local.set $source (i32.add (local.get $from) (local.get $j)))
      (local.set $ar (v128.load (local.get $source)))
      (local.set $dr (v128.load offset=256 (local.get $source)))
      (local.set $ai (v128.load offset=512 (local.get $source)))
      (local.set $di (v128.load offset=768 (local.get $source)))
      (local.set $sr (f32x4.add (local.get $ar) (local.get $dr)))
      (local.set $si (f32x4.add (local.get $ai) (local.get $di)))
      (local.set $dr (f32x4.sub (local.get $ar) (local.get $dr)))
      (local.set $di (f32x4.sub (local.get $ai) (local.get $di)))
      (local.set $wr (v128.load (local.get $factors)))
      (local.set $wi (v128.load offset=256 (local.get $factors)))
      (local.set $out (i32.add (local.get $to) (i32.sub
        (i32.shl (local.get $j) (i32.const 1)) (i32.and (local.get $j) (local.get $mask)))))
      (v128.store (local.get $out) (local.get $sr))
      (v128.store offset=512 (local.get $out) (local.get $si))
      (local.set $out (i32.add (local.get $out) (local.get $apart)))
      (v128.store (local.get $out) (f32x4.sub
        (f32x4.mul (local.get $dr) (local.get $wr)) (f32x4.mul (local.get $di) (local.get $wi))))
      (v128.store offset=512 (local.get $out) (f32x4.add
        (f32x4.mul (local.get $dr) (local.get $wi)) (f32x4.mul (local.get $di) (local.get $wr))))
      (local.set $factors (i32.add (local.get $factors) (i32.const 16)))
      (local.set $j (i32.add (local.get $j) (i32.const 16)))
      (br_if $more (i32.lt_u (local.get $j) (i32.const 256)))))

  ;; Computes the transform of the real samples from that of their halves: four bins from the bottom, and the four from
  ;; the top that mirror them, at a time.
  (func $join (param $from i32) (param $row i32) (param $steps i32)
    (local $low i32) (local $high i32) (local $stop i32)
    (local $re v128) (local $im v128) (local $mr v128) (local $mi v128)
    (local $er v128) (local $ei v128) (local $or v128) (local $oi v128)
    (local $cos v128) (local $sin v128) (local $tr v128) (local $ti v128)
    (local $a f32) (local $b f32)
    (local.set $a (f32.load (local.get $from)))
    (local.set $b (f32.load offset=512 (local.get $from)))
    (f32.store (local.get $row) (f32.mul (f32.const 4) (f32.mul
      (f32.add (local.get $a) (local.get $b)) (f32.add (local.get $a) (local.get $b)))))
    (f32.store offset=512 (local.get $row) (f32.mul (f32.const 4) (f32.mul
      (f32.sub (local.get $a) (local.get $b)) (f32.sub (local.get $a) (local.get $b)))))
    (local.set $low (i32.const 4))
    (local.set $high (i32.const 496))
    (loop $more
      (local.set $re (v128.load align=4 (i32.add (local.get $from) (local.get $low))))
      (local.set $im (v128.load offset=512 align=4 (i32.add (local.get $from) (local.get $low))))
      (local.set $mr (v128.load align=4 (i32.add (local.get $from) (local.get $high))))
      (local.set $mi (v128.load offset=512 align=4 (i32.add (local.get $from) (local.get $high))))
      (local.set $mr (i8x16.shuffle 12 13 14 15 8 9 10 11 4 5 6 7 0 1 2 3 (local.get $mr) (local.get $mr)))
      (local.set $mi (i8x16.shuffle 12 13 14 15 8 9 10 11 4 5 6 7 0 1 2 3 (local.get $mi) (local.get $mi)))
      (local.set $er (f32x4.add (local.get $re) (local.get $mr)))
      (local.set $ei (f32x4.sub (local.get $im) (local.get $mi)))
      (local.set $or (f32x4.add (local.get $im) (local.get $mi)))
      (local.set $oi (f32x4.sub (local.get $mr) (local.get $re)))
      (local.set $cos (v128.load (local.get $steps)))
      (local.set $sin (v128.load offset=256 (local.get $steps)))
      (local.set $tr (f32x4.add
        (f32x4.mul (local.get $or) (local.get $cos)) (f32x4.mul (local.get $oi) (local.get $sin))))
      (local.set $ti (f32x4.sub
        (f32x4.mul (local.get $oi) (local.get $cos)) (f32x4.mul (local.get $or) (local.get $sin))))
      (local.set $re (f32x4.add (local.get $er) (local.get $tr)))
      (local.set $im (f32x4.add (local.get $ei) (local.get $ti)))
      (local.set $mr (f32x4.sub (local.get $er) (local.get $tr)))
      (local.set $mi (f32x4.sub (local.get $ei) (local.get $ti)))
      (v128.store align=4 (i32.add (local.get $row) (local.get $low)) (f32x4.add
        (f32x4.mul (local.get $re) (local.get $re)) (f32x4.mul (local.get $im) (local.get $im))))
      (local.set $mr (f32x4.add
        (f32x4.mul (local.get $mr) (local.get $mr)) (f32x4.mul (local.get $mi) (local.get $mi))))
      (v128.store align=4 (i32.add (local.get $row) (local.get $high))
        (i8x16.shuffle 12 13 14 15 8 9 10 11 4 5 6 7 0 1 2 3 (local.get $mr) (local.get $mr)))
      (local.set $steps (i32.add (local.get $steps) (i32.const 16)))
      (local.set $high (i32.sub (local.get $high) (i32.const 16)))
      (local.set $low (i32.add (local.get $low) (i32.const 16)))
      (br_if $more (i32.lt_u (local.get $low) (i32.const 260)))))

  (func $bands (param $row i32) (param $edges i32)
    (local $bin i32) (local $end i32) (local $out i32) (local $sum f32) (local $total f32) (local $stop i32)
    (local.set $out (i32.add (local.get $row) (i32.const 528)))
    (local.set $stop (i32.add (local.get $row) (i32.const 592)))
    (local.set $bin (i32.add (local.get $row) (i32.shl (i32.load8_u (local.get $edges)) (i32.const 2))))
    (loop $more
      (local.set $edges (i32.add (local.get $edges) (i32.const 1)))
      (local.set $end (i32.add (local.get $row) (i32.shl (i32.load8_u (local.get $edges)) (i32.const 2))))
      (local.set $sum (f32.const 0))
      (loop $bins
        (local.set $sum (f32.add (local.get $sum) (f32.load (local.get $bin))))
        (local.set $bin (i32.add (local.get $bin) (i32.const 4)))
        (br_if $bins (i32.lt_u (local.get $bin) (local.get $end))))
      (f32.store (local.get $out) (local.get $sum))
      (local.set $total (f32.add (local.get $total) (local.get $sum)))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (br_if $more (i32.lt_u (local.get $out) (local.get $stop))))
    (f32.store (local.get $out) (local.get $total)))

  ;; Index of the largest of `count` f32 at `at`, the first of equal ones; `count` is 1 at least.
  (func (export "largest") (param $at i32) (param $count i32) (result i32)
    (local $end i32) (local $start i32) (local $most v128) (local $best f32) (local $last i32)
    (local.set $start (local.get $at))
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $last (i32.sub (local.get $end) (i32.const 16)))
    (if (i32.lt_s (local.get $count) (i32.const 4))
      (then
        (local.set $best (f32.load (local.get $at)))
        (block $done
          (loop $more
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $best (f32.max (local.get $best) (f32.load (local.get $at))))
            (br $more))))
      (else
        ;; The last four may overlap those before them.
        (local.set $most (v128.load align=4 (local.get $last)))
        (block $done
          (loop $more
            (br_if $done (i32.ge_u (local.get $at) (local.get $last)))
            (local.set $most (f32x4.pmax (local.get $most) (v128.load align=4 (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $more)))
        (local.set $best (f32.max
          (f32.max (f32x4.extract_lane 0 (local.get $most)) (f32x4.extract_lane 1 (local.get $most)))
          (f32.max (f32x4.extract_lane 2 (local.get $most)) (f32x4.extract_lane 3 (local.get $most)))))))
    (local.set $at (local.get $start))
    (local.set $most (f32x4.splat (local.get $best)))
    (block $found
      (loop $more
        (br_if $found (i32.gt_u (local.get $at) (local.get $last)))
        (br_if $found (v128.any_true (f32x4.eq (local.get $most) (v128.load align=4 (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $more)))
    (block $found
      (loop $more
        (br_if $found (f32.eq (local.get $best) (f32.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $more (i32.lt_u (local.get $at) (local.get $end)))))
    (i32.shr_u (i32.sub (local.get $at) (local.get $start)) (i32.const 2)))

  ;; Counts in `ages`, i32, for how many frames each of `count` bins has been a peak with more than a 400th of the
  ;; total. Returns the sum of the bins that have been peaks for `long` frames or more. `row` is two bins before the
  ;; first.
  (func (export "held") (param $row i32) (param $ages i32) (param $count i32) (param $total f32) (param $long i32)
    (result f32)
    (local $end i32) (local $bins v128) (local $age v128) (local $sum v128)
    (local.set $end (i32.add (local.get $ages) (i32.shl (local.get $count) (i32.const 2))))
    (loop $more
      (local.set $bins (v128.load offset=8 align=4 (local.get $row)))
      ;; A peak between two bins counts for both.
      (local.set $age (f32x4.mul (local.get $bins) (f32x4.splat (f32.const 1.6))))
      (local.set $age (v128.and
        (v128.and
          (f32x4.ge (local.get $age) (v128.load offset=4 align=4 (local.get $row)))
          (f32x4.ge (local.get $age) (v128.load offset=12 align=4 (local.get $row))))
        (v128.and
          (f32x4.gt
            (f32x4.mul (local.get $bins) (f32x4.splat (f32.const 4)))
            (f32x4.add (v128.load align=4 (local.get $row)) (v128.load offset=16 align=4 (local.get $row))))
          (f32x4.gt
            (f32x4.mul (local.get $bins) (f32x4.splat (f32.const 400))) (f32x4.splat (local.get $total))))))
      (local.set $age (v128.and (local.get $age)
        (i32x4.add (v128.load (local.get $ages)) (i32x4.splat (i32.const 1)))))
      (v128.store (local.get $ages) (local.get $age))
      (local.set $sum (f32x4.add (local.get $sum) (v128.and (local.get $bins)
        (i32x4.ge_s (local.get $age) (i32x4.splat (local.get $long))))))
      (local.set $row (i32.add (local.get $row) (i32.const 16)))
      (local.set $ages (i32.add (local.get $ages) (i32.const 16)))
      (br_if $more (i32.lt_u (local.get $ages) (local.get $end))))
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
      (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum))))))
