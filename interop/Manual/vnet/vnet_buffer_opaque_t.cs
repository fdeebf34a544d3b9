using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>
/// What the network stack keeps in <see cref="vlib_buffer_t.opaque"/> (vnet/buffer.h): the interface indices, the header offsets
/// and the views of IP, reassembly and MPLS. <c>oflags</c> is an 8-bit bit field of <see cref="vnet_buffer_oflags_t"/> in C.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
public unsafe struct vnet_buffer_opaque_t
{
    /// <summary>Receiving interface (<c>VLIB_RX</c>) and FIB or transmitting interface (<c>VLIB_TX</c>).</summary>
    [FieldOffset(0)]
    public fixed uint sw_if_index[2];

    /// <summary>Layer 2 header, from data[0].</summary>
    [FieldOffset(8)]
    public short l2_hdr_offset;

    /// <summary>Layer 3 header, from data[0].</summary>
    [FieldOffset(10)]
    public short l3_hdr_offset;

    /// <summary>Layer 4 header, from data[0].</summary>
    [FieldOffset(12)]
    public short l4_hdr_offset;

    /// <summary>Checksums that the device is to compute, as bits of <see cref="vnet_buffer_oflags_t"/>.</summary>
    [FieldOffset(15)]
    public byte oflags;

    /// <summary>The view of the IP nodes.</summary>
    [FieldOffset(16)]
    public _ip ip;

    /// <summary>The view of the fragmenting nodes.</summary>
    [FieldOffset(16)]
    public _ip_frag ip_frag;

    /// <summary>The whole union, as words.</summary>
    [FieldOffset(16)]
    public fixed uint unused[6];

    /// <summary>The IP nodes' view.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    [SuppressMessage("Naming", "CA1715", Justification = "VPP's name")]
    public struct _ip
    {
        /// <summary>Adjacency from the source lookup (<c>VLIB_RX</c>) and the destination lookup (<c>VLIB_TX</c>).</summary>
        [FieldOffset(0)]
        public fixed uint adj_index[2];

        /// <summary>Flow hash of addresses, protocol and ports.</summary>
        [FieldOffset(8)]
        public uint flow_hash;

        /// <summary>Next protocol.</summary>
        [FieldOffset(12)]
        public uint save_protocol;

        /// <summary>Hint for the transport protocols.</summary>
        [FieldOffset(12)]
        public uint fib_index;

        /// <summary>Bytes of rewrite, kept for fragmentation.</summary>
        [FieldOffset(16)]
        public byte save_rewrite_length;

        /// <summary>Interface of the local address that the packet was received on.</summary>
        [FieldOffset(20)]
        public uint rx_sw_if_index;

        /// <summary>What the ICMP nodes are to answer.</summary>
        [FieldOffset(8)]
        public _icmp icmp;

        /// <summary>What virtual reassembly found.</summary>
        [FieldOffset(8)]
        public _reass reass;
    }

    /// <summary>What the fragmenting nodes are to do.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 12)]
    public struct _ip_frag
    {
        /// <summary>Lies over the adjacency indices of the IP nodes' view.</summary>
        [FieldOffset(0)]
        public fixed uint pad[2];

        /// <summary>Most bytes of a fragment, IP headers included.</summary>
        [FieldOffset(8)]
        public ushort mtu;

        /// <summary>Where fragments go.</summary>
        [FieldOffset(10)]
        public byte next_index;

        /// <summary>Kinds of encapsulating headers.</summary>
        [FieldOffset(11)]
        public byte flags;
    }

    /// <summary>What the ICMP error nodes are to answer.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 8)]
    public struct _icmp
    {
        /// <summary>ICMP type.</summary>
        [FieldOffset(0)]
        public byte type;

        /// <summary>ICMP code.</summary>
        [FieldOffset(1)]
        public byte code;

        /// <summary>The error's data word.</summary>
        [FieldOffset(4)]
        public uint data;
    }

    /// <summary>Results of shallow virtual reassembly.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    public struct _reass
    {
        /// <summary>Source port, wire order.</summary>
        [FieldOffset(0)]
        public ushort l4_src_port;

        /// <summary>Destination port, wire order.</summary>
        [FieldOffset(2)]
        public ushort l4_dst_port;

        /// <summary>TCP acknowledgement number.</summary>
        [FieldOffset(4)]
        public uint tcp_ack_number;

        /// <summary>Same place as in <see cref="_ip"/>.</summary>
        [FieldOffset(8)]
        public byte save_rewrite_length;

        /// <summary>Protocol of the IP header.</summary>
        [FieldOffset(9)]
        public byte ip_proto;

        /// <summary>ICMP type or TCP flags.</summary>
        [FieldOffset(10)]
        public byte icmp_type_or_tcp_flags;

        /// <summary>Holds <see cref="is_non_first_fragment"/> (bit 0) and <see cref="l4_hdr_truncated"/> (bit 1).</summary>
        [FieldOffset(11)]
        public byte _bitfield;

        /// <summary>TCP sequence number.</summary>
        [FieldOffset(12)]
        public uint tcp_seq_number;

        /// <summary>Not the first fragment: the ports above come from the first.</summary>
        public readonly bool is_non_first_fragment => (_bitfield & 1) != 0;

        /// <summary>The first fragment does not hold the whole transport header.</summary>
        public readonly bool l4_hdr_truncated => (_bitfield & 2) != 0;
    }
}
